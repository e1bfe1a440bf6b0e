// The words of the programmer's link: which acts there are, and what becomes of one.

/** Acts besides the commands of the pump (`CommandKind`), whose numbers stay below these. */
export enum ActKind {
    /** A programme follows; body: the size of its record u16. */
    ProposeBegin = 32,
    /** Body: offset u16 and the bytes from there on. */
    ProposePiece = 33,
    /** All of it is there: the answer is the pump's reading of it. The command Programme, with its checksum, confirms that. */
    ProposeEnd = 34,
    /** The power-on self-test's arithmetic and logic, on a pump that is stopped. */
    SelfTest = 35,
    /** Asks for all that the pump shows: the answer is what the register `status` holds. */
    Status = 36,
    /** Asks for a part of the memory, as the command `read` does; body: offset u16 and part u8. The answer is what `contents` would hold. */
    Contents = 37,
    /** From now on only the paired programmer may read the pump, by the two acts before; body: 1, or 0 for everybody. */
    Restrict = 38,
    /** Other limits for the guard, once a person has pressed the pump's button; body: their record (`pump/guard.ts`). */
    Limits = 39,
}

/** What the pump is at, as the register `access` tells. */
export enum Busy {
    Nothing = 0,
    Act = 1,
    /** It waits for the press of its button, which counts from now on. */
    Press = 2,
}

/** What became of an act. */
export enum Outcome {
    Done = 0,
    /** The pump did not do it; the reason is a `Refusal`, of a bolus a `BolusReason`, of a programme or limits a `ProgrammeAnswer`. */
    Refused = 1,
    /** The act is none, or its body has another form. */
    BodyWrong = 2,
    /** No such programme has been proposed, or it is not whole. */
    NoProposal = 3,
    /** The pump has given no answer within ten seconds. */
    Unanswered = 4,
    /** The pump is not stopped. */
    NotStopped = 5,
    /** Nobody pressed the button within 30 seconds, or an alarm waits to be seen. */
    NotPressed = 6,
    // Those from here on carry no tag: nobody knows whose the act was.
    TagWrong = 16,
    /** The tag is right and the counter is not: the act was heard before, or is of another session. */
    CounterWrong = 17,
    /** After acts with a wrong tag none is looked at for a while. */
    Waits = 18,
    NotPaired = 19,
    Paired = 20,
    /** Nobody pressed the button, an alarm waits to be seen, or the key could not be stored. */
    NotPairedNow = 21,
}
