// What a person reads: the text for the terminal, and the page, which stands alone and draws in a browser without errors.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { chromium } from "playwright-core"
import { beforeAll, describe, expect, test } from "vitest"
import { renderPage } from "../../sim/accuracy/page"
import { plotsOf } from "../../sim/accuracy/plots"
import type { AccuracyReport } from "../../sim/accuracy/report"
import { reportOf } from "../../sim/accuracy/reportOf"
import { type AccuracyOptions, requestOf } from "../../sim/accuracy/request"
import { renderText } from "../../sim/accuracy/text"
import { percent, rowsText, signed, stretchOfTime } from "../../sim/accuracy/words"
import { inputFolder, writeInput } from "../inputFiles"

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium"
const CHROMIUM_ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

const folder = inputFolder()

/** Three hours at 25 µL/h and a tenth of a microlitre of a swing, with samples missing, empty, early, falling and a jump. */
const MEASURED = [
    "time_s,volume_uL",
    ...Array.from({ length: 361 }, (_, i) => {
        if (i >= 100 && i < 105) return ""
        const microlitres = (25 * i) / 120 + 0.1 * Math.sin(i) + (i >= 300 ? 4 : 0) - (i === 50 ? 0.3 : 0)
        return `${i === 70 ? i * 30 + 4 : i * 30},${i === 150 ? "" : microlitres.toFixed(3)}`
    }),
].join("\n")
const DOSES = [
    "programmed_uL,measured_uL",
    ...Array.from({ length: 25 }, (_, i) => `50,${50 + (i % 5) / 10}`),
    "5,5.2",
].join("\n")

async function report(options: AccuracyOptions = {}): Promise<AccuracyReport> {
    const measured = writeInput(folder, "measured.csv", MEASURED)
    const doses = writeInput(folder, "doses.csv", DOSES)
    return await reportOf(requestOf(measured, { set: "25 uL/h", doses, ...options }), () => {})
}

let whole: AccuracyReport
beforeAll(async () => {
    whole = await report()
})

describe("words", () => {
    test.each([
        [0.0216, "+0.022"],
        [-0.0979, "−0.098"],
        [0.1, "+0.10"],
        [-4.306, "−4.31"],
        [379.31, "+379.3"],
        [0, "0.000"],
        [-0.0001, "0.000"],
        [null, "–"],
    ])("%d is written %s", (value, text) => {
        expect(signed(value)).toBe(text)
        expect(percent(value)).toBe(value === null ? "–" : `${text} %`)
    })

    test("rows are named, the first eight of many", () => {
        expect(rowsText([17])).toBe("row 17")
        expect(rowsText([3, 4, 12])).toBe("rows 3, 4 and 12")
        expect(rowsText([1, 2, 3, 4, 5, 6, 7, 8])).toBe("rows 1, 2, 3, 4, 5, 6, 7 and 8")
        expect(rowsText([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toBe("rows 1, 2, 3, 4, 5, 6, 7, 8 and 2 more")
    })
})

test("a time is told so that its beginning and its end differ, in long runs too", () => {
    expect(stretchOfTime(60, 120)).toBe("1 h to 2 h")
    expect(stretchOfTime(49.5, 180)).toBe("49 min 30 s to 3 h")
    expect(stretchOfTime(1440.4, 1494.6)).toBe("24.01 h to 24.91 h")
})

describe("text", () => {
    test("says first that the pump is not for patients, then what was measured, and every figure in columns", () => {
        const lines = renderText(whole, false).split("\n")
        expect(lines[0]).toBe("Bench and research pump. Not for patients.")
        expect(lines).toContain("Set rate            25 µL/h, 0.6 mL/day")
        expect(lines).toContain("Evaporation         not allowed for")
        expect(lines).toContain("Sampling interval   S = 30 s")
        const head = lines.findIndex(line => line.startsWith("  window "))
        expect(lines[head]).toMatch(/^ {2}window +Ep\(min\) +Ep\(max\) +windows +left out$/)
        expect(lines.slice(head + 1, head + 6).map(line => line.length)).toEqual(new Array(5).fill(lines[head].length))
        expect(lines.find(line => line.startsWith("  50 µL"))).toMatch(
            /^ {2}50 µL +25 +\+0\.40 % +0\.000 % +\+0\.80 % +0\.29 %$/,
        )
        expect(lines.find(line => line.startsWith("  5 µL"))).toContain("the standard asks for 25")
    })

    test("tells all that is odd about the samples, with rows, and what was done", () => {
        const text = renderText(whole, false)
        for (const words of [
            "No time or no reading in row 152: left out.",
            "Less on the scale than in the row before in row 52: counted as it stands.",
            "2 samples more than a tenth early or late, rows 72 and 73: interpolated linearly to the sampling intervals.",
            "Samples missing between rows 151 and 153, from 1 h 14 min to 1 h 15 min: interpolated linearly, as it is up to 75 s.",
            "Samples missing between rows 101 and 107, from 49 min 30 s to 52 min 30 s: longer than 75 s, and no window that touches it is counted.",
            "Outlying by a modified z-score over 3.5 between rows 301 and 302, from 2 h 29 min to 2 h 30 min",
            "counted; --without-outliers leaves them out",
        ])
            expect(text).toContain(words)
    })

    test("says that outliers were left out where that was asked for", async () => {
        const without = await report({ withoutOutliers: true })
        expect(renderText(without, false)).toContain("left out, as asked")
        expect(without.accuracy?.whole.errorPercent).toBeLessThan(1)
        expect(whole.accuracy?.whole.errorPercent).toBeGreaterThan(5)
    })

    test("colours nothing where it is not a terminal", () => {
        expect(renderText(whole, false)).not.toContain("\u001B")
        expect(renderText(whole, true)).toContain("\u001B")
    })

    test("of doses alone says nothing of flow", async () => {
        const doses = await reportOf(requestOf(undefined, { doses: writeInput(folder, "doses.csv", DOSES) }), () => {})
        const text = renderText(doses, false)
        expect(text).toContain("Doses, measured against programmed")
        expect(text).not.toContain("Trumpet")
        expect(doses.accuracy).toBeNull()
        expect(plotsOf(doses).map(plot => plot.id)).toEqual(["doses0", "doses1"])
    })
})

describe("page", () => {
    test("stands alone, says what the pump is not for, and holds every figure", () => {
        const html = renderPage(whole)
        const main = html.slice(html.indexOf("<main>"))
        expect(main.indexOf("Bench and research pump. Not for patients.")).toBeLessThan(main.indexOf("<h1>"))
        expect(html).not.toMatch(/<(?:script|img|link|iframe)[^>]*\s(?:src|href)=/)
        expect(html).not.toMatch(/@import|url\(/)
        expect(html).toContain("default-src 'none'")
        for (const words of [
            "Trumpet curve, T1, the second hour",
            "Flow of each hour",
            "Outlying by a modified z-score",
            "left out",
        ])
            expect(html).toContain(words)
    })

    test("a file's name can't become markup", () => {
        if (whole.source.kind !== "measured") throw new Error("a file is a measurement")
        const hostile = renderPage({ ...whole, source: { ...whole.source, file: '<b onclick="x">.csv' } })
        expect(hostile).not.toContain("<b onclick")
    })

    test("plots the start-up, a trumpet for each period, the run and each setting of doses", () => {
        const plots = plotsOf(whole)
        expect(plots.map(plot => plot.id)).toEqual(["startUp", "trumpet0", "trumpet1", "run", "doses0", "doses1"])
        for (const { columns, lines } of plots) {
            expect(columns).toHaveLength(lines.length + 1)
            expect(new Set(columns.map(column => column.length)).size).toBe(1)
        }
        // What is in the gap is drawn as a gap, and what the run's plot thins it takes the mean of.
        expect(plots[0].columns[1].slice(98, 106)).toEqual([
            expect.any(Number),
            ...new Array(6).fill(null),
            expect.any(Number),
        ])
        expect(plots[3].columns[0]).toHaveLength(120)
        expect(plots[3].columns[0][119]).toBe(180)
    })

    test("draws every plot in a browser, wide and light or narrow and dark, without errors and without a network", async context => {
        if (!existsSync(CHROMIUM)) {
            const reason = `no browser at ${CHROMIUM}: install chromium or set CHROMIUM to one`
            if (process.env.CI) throw new Error(reason)
            context.skip(reason)
        }
        const pages = mkdtempSync(join(tmpdir(), "accuracy-"))
        const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS })
        try {
            const file = join(pages, "accuracy.html")
            writeFileSync(file, renderPage(whole))
            for (const [width, colorScheme] of [
                [1280, "light"],
                [390, "dark"],
            ] as const) {
                const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
                const faults: string[] = []
                page.on("pageerror", error => faults.push(error.message))
                page.on("console", message => message.type() === "error" && faults.push(message.text()))
                page.on("request", request => request.url().startsWith("file:") || faults.push(request.url()))
                await page.goto(pathToFileURL(file).href)
                await page.waitForFunction("document.querySelectorAll('.plot canvas').length === 6")
                const drawn = await page.$$eval(".plot canvas", canvases =>
                    canvases.map(canvas => {
                        const { width: across, height: down } = canvas as unknown as { width: number; height: number }
                        return across > 200 && down > 200
                    }),
                )
                expect(drawn).toEqual(new Array(6).fill(true))
                expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true)
                expect(faults).toEqual([])
                await page.close()
            }
        } finally {
            await browser.close()
            rmSync(pages, { recursive: true, force: true })
        }
    })
})
