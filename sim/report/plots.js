// Draws the report's plots with uPlot in the reader's browser, and above them a strip that names alarms and events.
// All plots share one time axis: pointing at or zooming into one does the same in all. It is inlined into the report
// as it stands, so it is plain JavaScript, type-checked by `tsconfig.json` beside it.

/**
 * What the report hands over. Time is in seconds since midnight of the run's first day, so that round tick marks fall
 * on round clock times and a day's number is a division away.
 *
 * @typedef {{ label: string, column: number, look: "planned" | "actual", stepped: boolean }} Line
 * @typedef {{ label: string, value: number }} Level
 * @typedef {{ id: string, title: string, unit: string, secondUnit: string, secondPerFirst: number, height: number,
 *   digits: number, top: number | null, lines: Line[], levels: Level[], alternative: string }} Panel
 * @typedef {{ name: string, priority: "low" | "medium" | "high", from: number, to: number }} Band
 * @typedef {{ name: string, at: number }} Mark
 * @typedef {{ lane: string, name: string, look: string, from: number, to: number }} Span
 * @typedef {{ dayZeroMs: number, columns: (number | null)[][], panels: Panel[], bands: Band[], marks: Mark[], spans: Span[],
 *   denials: Mark[] }} Plots
 */

const NARROW_PX = 600
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
const SECONDS_PER_DAY = 86_400
const TICK_SECONDS = [
    1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600,
    2_419_200,
]
/** The marks of IEC 60601-1-8, so that a priority shows without colour. */
const PRIORITY_MARKS = { low: "!", medium: "!!", high: "!!!" }

/** @type {Plots} */
const plots = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("plotData")).textContent ?? "")
const times = /** @type {number[]} */ (plots.columns[0])
const timeFirst = times[0]
const timeLast = times[times.length - 1]

/** @param {string} name of a custom property of the style sheet, which knows light, dark and print */
function colour(name) {
    return getComputedStyle(document.documentElement)
        .getPropertyValue("--" + name)
        .trim()
}

/** @param {number} n */
function twoDigits(n) {
    return String(n).padStart(2, "0")
}

/** @param {number} time @param {boolean} withSeconds */
function clock(time, withSeconds) {
    const second = ((Math.round(time) % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY
    const hoursMinutes = twoDigits(Math.floor(second / 3600)) + ":" + twoDigits(Math.floor(second / 60) % 60)
    return withSeconds ? hoursMinutes + ":" + twoDigits(second % 60) : hoursMinutes
}

/** @param {number} time */
function dayNumber(time) {
    return "Day " + (Math.floor(time / SECONDS_PER_DAY) + 1)
}

/** @param {number} time */
function dayAndClock(time) {
    const date = new Date(plots.dayZeroMs + time * 1000)
    const calendar = date.toLocaleDateString("en-GB", {
        timeZone: "UTC",
        weekday: "short",
        day: "numeric",
        month: "short",
    })
    return dayNumber(time) + ", " + calendar.replace(",", "") + ", " + clock(time, false)
}

/** Clock times, and the day's number where a day begins and at the first mark. @param {number[]} splits */
function timeLabels(splits) {
    const increment = splits.length > 1 ? splits[1] - splits[0] : 60
    if (increment >= SECONDS_PER_DAY) return splits.map(dayNumber)
    return splits.map((time, i) => {
        const label = clock(time, increment < 60)
        return i === 0 || time % SECONDS_PER_DAY === 0 ? label + "\n" + dayNumber(time) : label
    })
}

/** With just the decimals that the distance between marks needs. @param {number[]} splits */
function numberLabels(splits) {
    const increment = splits.length > 1 ? Math.abs(splits[1] - splits[0]) : 1
    let digits = 0
    while (digits < 6 && Math.abs(increment * 10 ** digits - Math.round(increment * 10 ** digits)) > 1e-6) digits++
    return splits.map(value =>
        value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
    )
}

/** @param {uPlot} u */
function isNarrow(u) {
    return u.width < NARROW_PX
}

/** Shades the time of each bolus and each alarm, the most urgent on top, and marks each event. @param {uPlot} u */
function drawBands(u) {
    const { ctx, bbox } = u
    const scale = devicePixelRatio
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height)
    ctx.clip()
    ctx.fillStyle = colour("therapy")
    ctx.globalAlpha = Number(colour("bandAlpha"))
    for (const span of plots.spans) {
        const left = u.valToPos(span.from, "x", true)
        ctx.fillRect(left, bbox.top, Math.max(scale, u.valToPos(span.to, "x", true) - left), bbox.height)
    }
    ctx.globalAlpha = 1
    for (const priority of /** @type {const} */ (["low", "medium", "high"]))
        for (const band of plots.bands) {
            if (band.priority !== priority) continue
            const left = u.valToPos(band.from, "x", true)
            const width = Math.max(2 * scale, u.valToPos(band.to, "x", true) - left)
            ctx.fillStyle = colour(priority)
            ctx.globalAlpha = Number(colour("bandAlpha"))
            ctx.fillRect(left, bbox.top, width, bbox.height)
            ctx.globalAlpha = 1
            ctx.fillRect(left, bbox.top - 3 * scale, width, 3 * scale)
        }
    ctx.strokeStyle = colour("quiet")
    ctx.lineWidth = scale
    ctx.setLineDash([2 * scale, 3 * scale])
    for (const mark of plots.marks) {
        const x = Math.round(u.valToPos(mark.at, "x", true)) + 0.5
        ctx.beginPath()
        ctx.moveTo(x, bbox.top)
        ctx.lineTo(x, bbox.top + bbox.height)
        ctx.stroke()
    }
    ctx.restore()
}

/** Writes units over the axes, alarms over their bands where there is room, and levels along their lines. @param {uPlot} u @param {Panel} panel */
function drawLabels(u, panel) {
    const { ctx, bbox } = u
    const scale = devicePixelRatio
    const right = bbox.left + bbox.width
    ctx.save()
    ctx.font = 12 * scale + "px " + FONT
    ctx.textBaseline = "bottom"
    ctx.fillStyle = colour("quiet")
    ctx.textAlign = "right"
    ctx.fillText(panel.unit, bbox.left - 10 * scale, bbox.top - 12 * scale)
    if (panel.secondUnit && !isNarrow(u)) {
        ctx.textAlign = "left"
        ctx.fillText(panel.secondUnit, right + 10 * scale, bbox.top - 12 * scale)
    }

    ctx.textAlign = "left"
    ctx.fillStyle = colour("text")
    let taken = bbox.left
    for (const band of [...plots.bands].sort((a, b) => a.from - b.from)) {
        const from = u.valToPos(band.from, "x", true)
        const to = u.valToPos(band.to, "x", true)
        if (to < bbox.left || from > right) continue
        const label = PRIORITY_MARKS[band.priority] + " " + band.name
        const width = ctx.measureText(label).width
        let x = Math.min(Math.max(from, bbox.left), right - width)
        if (x < taken && taken + width <= Math.min(to, right)) x = taken
        if (x < taken) continue
        ctx.fillText(label, x, bbox.top - 6 * scale)
        taken = x + width + 12 * scale
    }

    ctx.textAlign = "right"
    ctx.lineWidth = 4 * scale
    ctx.lineJoin = "round"
    for (const level of panel.levels) {
        const y = u.valToPos(level.value, "y", true)
        if (y < bbox.top || y > bbox.top + bbox.height) continue
        ctx.strokeStyle = colour("level")
        ctx.lineWidth = 1.5 * scale
        ctx.setLineDash([6 * scale, 4 * scale])
        ctx.beginPath()
        ctx.moveTo(bbox.left, y)
        ctx.lineTo(right, y)
        ctx.stroke()
        ctx.setLineDash([])
        ctx.strokeStyle = colour("page")
        ctx.lineWidth = 4 * scale
        const below = y - bbox.top < 22 * scale
        ctx.textBaseline = below ? "top" : "bottom"
        const baseline = y + (below ? 5 : -4) * scale
        ctx.strokeText(level.label, right - 8 * scale, baseline)
        ctx.fillText(level.label, right - 8 * scale, baseline)
    }
    ctx.restore()
}

/** @param {Panel} panel @returns {uPlot.Axis[]} */
function axesOf(panel) {
    const look = {
        stroke: () => colour("quiet"),
        font: "12px " + FONT,
        ticks: { stroke: () => colour("grid"), width: 1, size: 5 },
    }
    return [
        {
            ...look,
            grid: { show: false },
            size: 46,
            space: 64,
            incrs: TICK_SECONDS,
            values: (_u, splits) => timeLabels(splits),
        },
        {
            ...look,
            scale: "y",
            grid: { stroke: () => colour("grid"), width: 1 },
            size: 60,
            space: 34,
            values: (_u, splits) => numberLabels(splits),
        },
        {
            ...look,
            scale: "second",
            side: 1,
            grid: { show: false },
            ticks: { ...look.ticks, show: panel.secondUnit !== "" },
            size: u => (isNarrow(u) ? 26 : 60),
            space: 34,
            values: (u, splits) => (isNarrow(u) || !panel.secondUnit ? splits.map(() => "") : numberLabels(splits)),
        },
    ]
}

/** The y range: from 0 where the panel names its top, else what is in view with some room. @param {Panel} panel @returns {uPlot.Range.Function} */
function rangeOf(panel) {
    const top = panel.top
    if (top !== null) return () => [0, top]
    return (_u, low, high) => {
        const room = Math.max((high - low) * 0.08, 1e-6)
        return [low <= room ? 0 : low - room, high + room]
    }
}

/** Writes the values under the cursor into the panel's key. @param {uPlot} u @param {Panel} panel */
function showValues(u, panel) {
    const row = u.cursor.idx
    const outputs = document.querySelectorAll("#key-" + panel.id + " output")
    panel.lines.forEach((line, i) => {
        const value = row == null ? null : plots.columns[line.column][row]
        outputs[i].textContent = value == null ? "" : value.toFixed(panel.digits) + " " + panel.unit
    })
    outputs[panel.lines.length].textContent = row == null ? "" : dayAndClock(times[row])
}

/** @param {Panel} panel @param {(u: uPlot) => void} onTimeScale @returns {uPlot} */
function drawPanel(panel, onTimeScale) {
    const place = /** @type {HTMLElement} */ (document.getElementById("plot-" + panel.id))
    const u = new uPlot(
        {
            width: place.clientWidth,
            height: panel.height,
            padding: [32, 0, 0, 0],
            scales: {
                x: { time: false, range: (_u, low, high) => [low, high] },
                y: { range: rangeOf(panel) },
                second: {
                    from: "y",
                    range: (_u, low, high) => [(low ?? 0) * panel.secondPerFirst, (high ?? 1) * panel.secondPerFirst],
                },
            },
            axes: axesOf(panel),
            series: [
                {},
                ...panel.lines.map(line => ({
                    stroke: () => colour(line.look),
                    width: line.look === "actual" ? 2 : 1.5,
                    dash: line.look === "planned" ? [7, 4] : [],
                    points: { show: false },
                    paths: line.stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
                })),
            ],
            cursor: { y: false, sync: { key: "run", scales: ["x", null] }, points: { size: 7 } },
            legend: { show: false },
            hooks: {
                drawClear: [drawBands],
                draw: [u => drawLabels(u, panel)],
                setCursor: [u => showValues(u, panel)],
                setScale: [(u, key) => key === "x" && onTimeScale(u)],
            },
        },
        [times, ...panel.lines.map(line => plots.columns[line.column])],
        place,
    )
    const canvas = u.ctx.canvas
    canvas.setAttribute("role", "img")
    canvas.setAttribute("aria-label", panel.alternative)
    new ResizeObserver(() => {
        if (place.clientWidth > 0 && place.clientWidth !== u.width) resize(u)
    }).observe(place)
    return u
}

/** @param {uPlot} u */
function resize(u) {
    const place = /** @type {HTMLElement} */ (u.root.parentElement)
    u.setSize({ width: place.clientWidth, height: u.height })
}

const LANE_PX = 22
const LANES_OF_MARKS_MAX = 6

/** Lays out the strip over the plots: lanes of boluses, those of what was denied, a lane for each kind of alarm, then lanes of events. @param {uPlot} u */
function layStrip(u) {
    const strip = document.getElementById("strip")
    if (!strip) return
    const left = u.bbox.left / devicePixelRatio
    const width = u.bbox.width / devicePixelRatio
    const measure = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"))
    measure.font = "13px " + FONT
    /** @type {HTMLElement[]} */
    const pieces = []
    /** @param {string} className @param {number} lane @param {number} x @param {number} w @param {string} text */
    const add = (className, lane, x, w, text) => {
        const piece = document.createElement("span")
        piece.className = className
        piece.style.left = left + x + "px"
        piece.style.top = lane * LANE_PX + "px"
        if (w > 0) piece.style.width = w + "px"
        piece.textContent = text
        pieces.push(piece)
    }
    /** Right of what it names where there is room, else left of it. @param {number} at @param {number} labelWidth */
    const besides = (at, labelWidth) => {
        if (at + 7 + labelWidth <= width) return at + 7
        return Math.max(0, at > labelWidth ? at - labelWidth : width - labelWidth)
    }
    /** Bars in lanes, each named where there is room. @param {Span[]} bars @param {number} firstLane @returns {number} how many lanes */
    const addBars = (bars, firstLane) => {
        const lanes = [...new Set(bars.map(bar => bar.lane))]
        const takenUpTo = lanes.map(() => 0)
        for (const bar of bars) {
            const from = Math.max(0, u.valToPos(bar.from, "x"))
            const to = Math.min(width, u.valToPos(bar.to, "x"))
            if (to < 0 || from > width) continue
            const lane = lanes.indexOf(bar.lane)
            add("bar " + bar.look, firstLane + lane, from, Math.max(3, to - from), "")
            const labelWidth = measure.measureText(bar.name).width + 8
            const x = besides(from, labelWidth)
            if (bar.name !== "" && x >= takenUpTo[lane]) {
                add("name", firstLane + lane, x, 0, bar.name)
                takenUpTo[lane] = x + labelWidth
            }
            takenUpTo[lane] = Math.max(takenUpTo[lane], to)
        }
        return lanes.length
    }
    /** Marks in as few lanes as keep their names apart. @param {Mark[]} marks @param {string} className @param {number} firstLane @returns {number} how many lanes */
    const addMarks = (marks, className, firstLane) => {
        /** @type {number[]} */
        const takenUpTo = []
        for (const mark of marks) {
            const at = u.valToPos(mark.at, "x")
            if (at < -0.5 || at > width + 0.5) continue
            const labelWidth = measure.measureText(mark.name).width + 8
            const x = besides(at, labelWidth)
            let lane = 0
            while (lane < takenUpTo.length && Math.min(x, at) < takenUpTo[lane]) lane++
            if (lane >= LANES_OF_MARKS_MAX) continue
            takenUpTo[lane] = Math.max(x + labelWidth, at + 8)
            add(className, firstLane + lane, at, 0, "")
            add("name", firstLane + lane, x, 0, mark.name)
        }
        return takenUpTo.length
    }
    let lanes = addBars(plots.spans, 0)
    lanes += addMarks(plots.denials, "denial", lanes)
    const alarms = plots.bands.map(({ name, priority, from, to }) => ({
        lane: name,
        name: PRIORITY_MARKS[priority] + " " + name,
        look: priority,
        from,
        to,
    }))
    lanes += addBars(alarms, lanes)
    lanes += addMarks(plots.marks, "event", lanes)
    strip.style.height = lanes * LANE_PX + "px"
    strip.replaceChildren(...pieces)
}

const reset = /** @type {HTMLButtonElement} */ (document.getElementById("wholeRun"))

/** @type {uPlot[]} */
const drawn = []
for (const panel of plots.panels)
    drawn.push(
        drawPanel(panel, u => {
            const { min, max } = u.scales.x
            reset.disabled = min === timeFirst && max === timeLast
            if (drawn[0] === undefined || drawn[0] === u) requestAnimationFrame(() => layStrip(drawn[0]))
        }),
    )
reset.addEventListener("click", () => {
    for (const u of drawn) u.setScale("x", { min: timeFirst, max: timeLast })
})
new ResizeObserver(() => requestAnimationFrame(() => layStrip(drawn[0]))).observe(drawn[0].root)

function redraw() {
    for (const u of drawn) u.redraw(false, true)
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw)

/** Paper is light and narrow whatever the screen was. @param {boolean} printing */
function setPrinting(printing) {
    document.documentElement.classList.toggle("printing", printing)
    for (const u of drawn) resize(u)
    redraw()
    // After uPlot's own microtask, in which it settles the new size.
    queueMicrotask(() => layStrip(drawn[0]))
}
addEventListener("beforeprint", () => setPrinting(true))
addEventListener("afterprint", () => setPrinting(false))
