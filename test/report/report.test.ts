// The report stands alone and shows what the run holds: its text is checked as text, its plots in a browser.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { chromium } from "playwright-core"
import { describe, expect, test } from "vitest"
import { factsOf } from "../../sim/report/facts"
import { renderReport } from "../../sim/report/html"
import { denials, type Span, therapySpans } from "../../sim/report/therapy"
import { MS_PER_DAY, MS_PER_HOUR } from "../../src/pump/limits"
import { fixtureRun, fixtureScenario, THERAPY } from "./fixture"

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

describe("report as text", () => {
    const scenario = fixtureScenario()
    const run = fixtureRun()
    const html = renderReport(scenario, run)

    test("says first that the pump is not for patients", () => {
        const main = html.slice(html.indexOf("<main>"))
        expect(main.indexOf("Bench and research pump. Not for patients.")).toBeLessThan(main.indexOf("<h1>"))
    })

    test("fetches nothing: no address of a script, style, image or font", () => {
        expect(html).not.toMatch(/<(?:script|img|link|iframe)[^>]*\s(?:src|href)=/)
        expect(html).not.toMatch(/@import|url\(/)
        expect(html).toContain("default-src 'none'")
    })

    test("names every alarm, bolus and event", () => {
        for (const words of ["Line occluded", "Pressure sensor fault", "Reservoir low", "still standing"])
            expect(html).toContain(words)
        expect(html).toContain("denied: occlusion")
        expect(html).toContain("prime 0.0300 mL")
    })

    test("reads the schedule back from the stored programme", () => {
        expect(html).toContain("Every day: 312.5 µg in 24 h, in 3 segments")
        expect(html).toContain("06:00 to 22:00")
    })

    test("text of a scenario can't become markup", () => {
        const hostile = renderReport({ ...scenario, name: '</script><b onclick="x">' }, run)
        expect(hostile).not.toContain("<b onclick")
        expect(hostile.match(/<\/script>/g)).toHaveLength(3)
    })

    test("failed expectations are named", () => {
        const failed = renderReport(scenario, { ...run, failures: ["deliveredMl was 1, may be 2 & over"] })
        expect(failed).toContain("deliveredMl was 1, may be 2 &amp; over")
        expect(html).not.toContain("Did not meet")
    })

    test("a run without alarms, boluses and events says so", () => {
        const quiet = renderReport(
            { ...scenario, events: [] },
            { ...run, result: { ...run.result, alarms: [], boluses: [] } },
        )
        expect(quiet).toContain("No alarms, no boluses, no events in the whole run.")
    })

    test("programmes that were offered have a table", () => {
        expect(html).not.toContain("Programmes offered")
        const programmes = [{ offeredMs: MS_PER_HOUR, answer: "refused: damaged" }]
        const offered = renderReport(scenario, { ...run, result: { ...run.result, programmes } })
        expect(offered).toMatch(/Programmes offered[\s\S]*Day 1, 01:00:00[\s\S]*refused: damaged/)
    })

    test("line and refused commands have tables, boluses their kind, dose and reason; dose has its own plots beside them", () => {
        for (const id of ["lineEvents", "refusals", "plot-doseRate", "plot-dose"])
            expect(html).not.toContain(`id="${id}"`)
        const therapy = renderReport(scenario, { ...run, result: { ...run.result, ...THERAPY } })
        for (const words of [
            "Clinician's bolus, 25.0 µg",
            "delivered, after it waited for a patient's dose",
            "denied: too soon after the last dose",
            "Bridge begun: 0.2500 mL to go",
            "setClock: over 14 h while the pump runs",
            "0.2500 mL of no drug, 0.0100 mL of 1,000 µg/mL",
            'id="plot-doseRate"',
            'id="plot-dose"',
        ])
            expect(therapy).toContain(words)
    })

    test("over the plots a bolus stands where it flowed, without the time in which it waited; a denied one as a mark", () => {
        const facts = factsOf(scenario, run)
        const therapy = { ...run, result: { ...run.result, ...THERAPY } }
        const hours = (spans: Span[]) => spans.map(({ lane, name, from, to }) => [lane, name, from / 3600, to / 3600])
        expect(hours(therapySpans(facts, therapy))).toEqual([
            ["clinician", "clinician's bolus, 25.0 µg", 6, 6.25],
            ["clinician", "", 6.5, 7.5],
            ["prime", "prime, 0.2000 mL", 8, 8.1],
            ["bridge", "bridge: 2,000 µg/mL in the line", 1, 2],
        ])
        expect(denials(facts, therapy)).toEqual([
            { name: "patient's dose denied: too soon after the last dose", at: 7 * 3600 },
        ])
        // One that waits or flows when the run ends, and a bridge that is not over.
        const [waiting, ...others] = THERAPY.boluses
        const open = {
            ...waiting,
            outcome: "inProgress" as const,
            finishedMs: null,
            waited: [{ fromMs: 6.25 * MS_PER_HOUR, toMs: null }],
        }
        const result = { ...therapy.result, boluses: [open, ...others], lineEvents: THERAPY.lineEvents.slice(0, 1) }
        expect(hours(therapySpans(facts, { ...therapy, result }))).toEqual([
            ["clinician", "clinician's bolus, 25.0 µg", 6, 6.25],
            ["prime", "prime, 0.2000 mL", 8, 8.1],
            ["bridge", "bridge: 2,000 µg/mL in the line", 1, 24],
        ])
    })

    test("ninety days stay under half a megabyte", () => {
        const days = 90 * MS_PER_DAY
        expect(renderReport(fixtureScenario(days), fixtureRun(days, 600_000)).length).toBeLessThan(500_000)
    })
})

describe("report in a browser", () => {
    test("draws four plots and the tables, without errors and without a network", async context => {
        if (!existsSync(CHROMIUM)) {
            const reason = `no browser at ${CHROMIUM}: install chromium or set CHROMIUM to one`
            if (process.env.CI) throw new Error(reason)
            context.skip(reason)
        }
        const folder = mkdtempSync(join(tmpdir(), "report-"))
        const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS })
        try {
            const file = join(folder, "report.html")
            writeFileSync(file, renderReport(fixtureScenario(), fixtureRun()))
            const address = pathToFileURL(file).href
            for (const [width, colorScheme] of [
                [1280, "light"],
                [390, "dark"],
            ] as const) {
                const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
                const faults: string[] = []
                page.on("console", message => faults.push(`console ${message.type()}: ${message.text()}`))
                page.on("pageerror", error => faults.push(`error: ${error.message}`))
                page.on("request", request => {
                    if (request.url() !== address) faults.push(`request: ${request.url()}`)
                })
                await page.goto(address)
                await page.waitForFunction("document.querySelectorAll('.plot canvas').length === 4")
                await page.waitForTimeout(200)

                // Pixels that differ from the page's own colour, which is transparent on a canvas.
                const drawn = await page.evaluate<
                    number[]
                >(`[...document.querySelectorAll(".plot canvas")].map(canvas =>
                    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
                        .filter((value, i) => i % 4 === 3 && value > 0).length)`)
                expect(drawn).toHaveLength(4)
                for (const pixels of drawn) expect(pixels).toBeGreaterThan(2000)
                expect(await page.locator(".plot canvas[role=img][aria-label]").count()).toBe(4)
                expect(await page.locator("#alarms tbody tr").count()).toBe(3)
                expect(await page.locator("#alarms tbody tr").first().textContent()).toContain("Line occluded")
                expect(await page.locator("#boluses tbody tr").count()).toBe(2)
                // Three alarms and a prime that was given; one that was denied.
                expect(await page.locator("#strip .bar").count()).toBe(4)
                expect(await page.locator("#strip .bar.given").count()).toBe(1)
                expect(await page.locator("#strip .denial").count()).toBe(1)
                expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0)
                expect(faults).toEqual([])
                await page.close()
            }

            const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
            await page.goto(address)
            const over = page.locator("#plot-total .u-over")
            await over.scrollIntoViewIfNeeded()
            const box = await over.boundingBox()
            if (box === null) throw new Error("the plot of the total has no place on the page")
            await page.mouse.move(box.x + box.width * 0.3, box.y + 40)
            await page.waitForFunction("document.querySelector('#key-pressure output').textContent.endsWith('kPa')")
            await page.mouse.down()
            await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 4 })
            await page.mouse.up()
            await page.locator("#wholeRun:enabled").click()
            await page.locator("#wholeRun:disabled").waitFor({ state: "attached" })
        } finally {
            await browser.close()
            rmSync(folder, { recursive: true, force: true })
        }
    })
})
