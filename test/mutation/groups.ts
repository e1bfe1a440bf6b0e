// Which tests a module of the pump's logic is mutated against: those that are about it. All tests for each of three thousand
// mutants would take a day, and a mutant that only a far-away test notices is one that its own tests should have.

export interface Group {
    modules: string[]
    tests: string[]
}

export const GROUPS: Record<string, Group> = {
    line: { modules: ["line"], tests: ["pump/line"] },
    following: { modules: ["following"], tests: ["pump/following"] },
    volume: { modules: ["volume"], tests: ["pump/volume"] },
    guard: { modules: ["guard"], tests: ["pump/guard"] },
    sensors: { modules: ["sensors"], tests: ["pump/sensors"] },
    selfTest: { modules: ["selfTest"], tests: ["pump/selfTest"] },
    records: {
        modules: ["alarms", "bytes", "checkpoint", "programme"],
        tests: ["pump/records", "pump/programme", "pump/alarms", "pump/alarmTable"],
    },
    energy: { modules: ["energy", "mechanism"], tests: ["pump/energy", "pump/mechanism"] },
    journal: {
        modules: ["odometer", "journal", "eventLog"],
        tests: ["pump/odometer", "pump/journal", "pump/eventLog"],
    },
    therapies: {
        modules: ["bolus", "doses", "lineContents", "localTime"],
        tests: ["pump/bolus", "pump/doses", "pump/lineContents", "pump/localTime", "pump/periodic", "pump/refill"],
    },
    supervise: {
        modules: ["supervise", "delivery", "relief"],
        tests: [
            "pump/alarms",
            "pump/commands",
            "pump/guarded",
            "pump/jumpedEncoder",
            "pump/lateAndLost",
            "pump/occlusion",
            "pump/refill",
            "pump/relief",
            "pump/supervise",
        ],
    },
    tick: {
        modules: ["tick", "schedule"],
        tests: [
            "pump/commands",
            "pump/guarded",
            "pump/idle",
            "pump/lateAndLost",
            "pump/lineContents",
            "pump/metering",
            "pump/periodic",
            "pump/relief",
            "pump/schedule",
        ],
    },
    commands: {
        modules: ["commands"],
        tests: ["pump/alarms", "pump/bolus", "pump/commands", "pump/lineContents", "pump/refill", "pump/schedule"],
    },
    pump: { modules: ["pump"], tests: ["pump/restart", "pump/metering", "pump/supervise"] },
}

/** The group that is being mutated. */
export function currentGroup(): Group {
    const group = GROUPS[process.env.MUTATION_GROUP ?? ""]
    if (!group) throw new Error("run this by `npm run mutate`")
    return group
}
