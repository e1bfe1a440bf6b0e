// The person at the clinician's programmer, for engines whose pump is reached over its own link: what a scenario asks for goes through
// `PumpClient`, sealed and answered, with a key that is in the pump's memory from the start.

import { CommandKind } from "../../src/pump/readings"
import { type Command, NO_COMMAND } from "../engines/command"
import type { Session } from "../engines/session"
import { NoAnswerError, type PumpClient, RefusedError } from "../programmer/client"

const PIECE_SIZE = 200

/** Carries the commands of a session to its pump, one after the other. */
export class Clinician {
    /** What the pump did not answer to, in words: a run with any of it has shown less than it should. */
    readonly unanswered: string[] = []
    private last: Promise<void> = Promise.resolve()

    /**
     * @param client the pump, once it is there
     * @param byButton what a person does at the pump itself: left to the engine
     */
    constructor(
        private readonly session: Session,
        private readonly client: () => Promise<PumpClient>,
        private readonly byButton: (kind: CommandKind) => boolean,
    ) {}

    /** Takes a command that the session would tell the firmware; returns what is left for the engine to tell it. */
    take(command: Command): Command {
        if (command.kind === CommandKind.None || this.byButton(command.kind)) return command
        this.last = this.last.then(() => this.carry(command))
        return NO_COMMAND
    }

    /** Done when nothing is under way any more. */
    settled(): Promise<void> {
        return this.last
    }

    private async carry(command: Command): Promise<void> {
        const { kind, volumeNl, rateNlPerDay, residualNl, wallS, lineChanged } = command
        const figures = {
            volumeNl,
            rateNlPerDay,
            ...(residualNl === undefined ? {} : { residualNl }),
            localS: wallS,
            lineChanged,
        }
        try {
            const client = await this.client()
            if (kind === CommandKind.Programme) await client.confirm(await client.propose(this.offered()), figures)
            else await client.command(kind, figures)
        } catch (error) {
            // What the pump refuses is in its log, and from there in the accounts.
            if (error instanceof RefusedError) return
            if (!(error instanceof NoAnswerError)) throw error
            this.unanswered.push(`${CommandKind[kind]}: ${error.message}`)
        }
    }

    private offered(): Uint8Array {
        const pieces: Uint8Array[] = []
        for (let from = 0; ; from += PIECE_SIZE) {
            const piece = this.session.offeredPiece(from)
            if (piece) pieces.push(piece)
            if (!piece || piece.length < PIECE_SIZE) return Buffer.concat(pieces)
        }
    }
}
