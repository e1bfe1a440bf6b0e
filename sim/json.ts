// Finds where a text stops being JSON, as an offset, because the message of `JSON.parse` names no line.
// A field given twice counts as a fault as well: `JSON.parse` would silently take the last, which may be a dose.

const SPACE = /[ \t\r\n]*/y
const TEXT = /"(?:[^"\\\p{Cc}]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|\x7f)*"/uy
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b/y

/** A place in a text and what is wrong there. */
export interface JsonFault {
    offset: number
    expected: string
    /** The field or list entry in which it lies. */
    path: (string | number)[]
}

/** The first fault of `text` as JSON, or undefined when it is JSON without a field given twice. */
export function jsonFault(text: string): JsonFault | undefined {
    let offset = 0
    const path: (string | number)[] = []

    function take(pattern: RegExp): string | undefined {
        pattern.lastIndex = offset
        const found = pattern.exec(text)?.[0]
        if (found !== undefined) offset += found.length
        return found
    }
    function takeMark(mark: string): boolean {
        take(SPACE)
        if (text[offset] !== mark) return false
        offset++
        take(SPACE)
        return true
    }
    function fault(expected: string, at = offset): JsonFault {
        return { offset: at, expected, path: [...path] }
    }
    function list(close: string, item: (i: number) => JsonFault | undefined): JsonFault | undefined {
        if (takeMark(close)) return undefined
        let i = 0
        do {
            const wrong = item(i++)
            if (wrong) return wrong
        } while (takeMark(","))
        return takeMark(close) ? undefined : fault(`"," or "${close}"`)
    }
    function member(fields: Set<string>): JsonFault | undefined {
        const start = offset
        const name = take(TEXT)
        if (name === undefined) return fault("a field name in double quotes")
        const field: string = JSON.parse(name)
        if (fields.has(field)) return fault(`each field once, but ${name} is given twice`, start)
        fields.add(field)
        return takeMark(":") ? entry(field) : fault('":"')
    }
    function entry(key: string | number): JsonFault | undefined {
        path.push(key)
        const wrong = value()
        path.pop()
        return wrong
    }
    function value(): JsonFault | undefined {
        if (takeMark("{")) {
            const fields = new Set<string>()
            return list("}", () => member(fields))
        }
        if (takeMark("[")) return list("]", entry)
        if (take(TEXT) !== undefined || take(SCALAR) !== undefined) return undefined
        return fault("a number, a text in double quotes, true, false, null, { or [")
    }

    take(SPACE)
    const wrong = value()
    if (wrong) return wrong
    take(SPACE)
    return offset === text.length ? undefined : fault("the end of the file")
}

/** Line and column of an offset, both counted from 1. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
    const before = text.slice(0, offset).split("\n")
    return { line: before.length, column: before[before.length - 1].length + 1 }
}
