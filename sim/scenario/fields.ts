// The fields that several parts of a scenario file have: times, local dates, and paths of other files.

import { z } from "zod"
import { RESERVOIR_PL_MAX } from "../../src/pump/limits"
import { textField } from "../input"
import { PICOLITRES_PER_ML } from "../prescription/schema"
import { LOCAL_TIME, LOCAL_TIME_MAY_BE, TIME_SINCE_START, TIME_SINCE_START_MAY_BE, wallMsOf } from "./time"

export const RESERVOIR_ML_MAX = RESERVOIR_PL_MAX / PICOLITRES_PER_ML

export function timeField(description: string): z.ZodString {
    const error = TIME_SINCE_START_MAY_BE
    return z.string({ error }).regex(TIME_SINCE_START, { error }).describe(description)
}

export function localTimeField(description: string) {
    return z
        .string({ error: LOCAL_TIME_MAY_BE })
        .regex(LOCAL_TIME, { error: LOCAL_TIME_MAY_BE })
        .refine(text => !LOCAL_TIME.test(text) || wallMsOf(text) !== undefined, { error: LOCAL_TIME_MAY_BE })
        .describe(description)
}

export function whereField(description: string): z.ZodString {
    return textField(`${description} A path relative to this file.`, 400)
}
