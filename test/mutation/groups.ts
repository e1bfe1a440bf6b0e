// Which tests a module of the pump's logic is mutated against: those that are about it. All tests for each of three thousand
// mutants would take a day, and a mutant that only a far-away test notices is one that its own tests should have.

export interface Group {
    modules: string[]
    tests: string[]
}

export const GROUPS: Record<string, Group> = {
    line: { modules: ["line"], tests: ["line"] },
    following: { modules: ["following"], tests: ["following"] },
    volume: { modules: ["volume"], tests: ["volume"] },
    guard: { modules: ["guard"], tests: ["guard"] },
    sensors: { modules: ["sensors"], tests: ["sensors"] },
    selfTest: { modules: ["selfTest"], tests: ["selfTest"] },
    records: {
        modules: ["alarms", "bytes", "checkpoint", "limits", "mechanism", "programme", "readings"],
        tests: ["records", "alarms", "alarmTable"],
    },
    supervision: {
        modules: ["tick", "supervise", "commands", "delivery", "relief", "schedule", "pump"],
        tests: ["alarms", "commands", "guarded", "metering", "occlusion", "relief", "restart", "schedule", "supervise"],
    },
}

/** The group that is being mutated. */
export function currentGroup(): Group {
    const group = GROUPS[process.env.MUTATION_GROUP ?? ""]
    if (!group) throw new Error("run this by `npm run mutate`")
    return group
}
