// Draws the plots of the accuracy page with uPlot in the reader's browser. Inlined into the page as it stands, so plain JavaScript.

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
const HEIGHT = 300

/** @param {string} name of a custom property of the style sheet, which knows light and dark */
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

const LOOKS = {
    actual: { colour: "actual", width: 2, dash: [] },
    planned: { colour: "planned", width: 1.5, dash: [7, 4] },
    mean: { colour: "level", width: 1.5, dash: [7, 4] },
    dots: { colour: "actual", width: 0, dash: [] },
}

/** With just the decimals that the distance between marks needs. */
const labels = splits => {
    const shown = splits.filter(value => value !== null)
    const step = shown.length > 1 ? Math.abs(shown[1] - shown[0]) : 1
    const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)))
    return splits.map(value => (value === null ? "" : value.toFixed(digits).replace("-", "−")))
}

/** Windows lie close together at the short end: a label that would touch the one before is left out. */
const windowLabels = (u, splits) => {
    let right = Number.NEGATIVE_INFINITY
    return splits.map(value => {
        const text = String(Number(value.toPrecision(3)))
        const at = u.valToPos(value, "x")
        if (at - 4 * text.length < right) return ""
        right = at + 4 * text.length + 6
        return text
    })
}

const drawn = JSON.parse(document.getElementById("plotData").textContent).map(plot => {
    const place = document.getElementById(plot.id)
    const look = {
        stroke: () => colour("quiet"),
        font: FONT,
        labelFont: FONT,
        labelSize: 22,
        grid: { stroke: () => colour("grid"), width: 1 },
        ticks: { stroke: () => colour("grid"), width: 1, size: 5 },
    }
    const [x] = plot.columns
    const first = plot.aroundZero ? 0 : x[0]
    const last = x[x.length - 1]
    const room = (last - first) * 0.03 || 1
    const u = new uPlot(
        {
            width: place.clientWidth,
            height: HEIGHT,
            padding: [12, 16, 0, 0],
            scales: {
                x: { time: false, range: () => [Math.max(0, first - room), last + room] },
                y: {
                    range: (_u, low, high) => {
                        if (plot.aroundZero) {
                            const most = Math.max(Math.abs(low), Math.abs(high)) * 1.15 || 1
                            return [-most, most]
                        }
                        const side = Math.max((high - low) * 0.08, Math.abs(high) * 0.02, 1e-9)
                        return [low >= 0 && low < high / 2 ? 0 : low - side, high + side]
                    },
                },
            },
            axes: [
                {
                    ...look,
                    label: plot.xLabel,
                    size: 32,
                    ...(plot.marks
                        ? { splits: () => plot.marks, values: windowLabels, filter: (_u, splits) => splits }
                        : { space: 60, values: (_u, splits) => labels(splits) }),
                },
                { ...look, label: plot.yLabel, size: 58, space: 34, values: (_u, splits) => labels(splits) },
            ],
            series: [
                {},
                ...plot.lines.map(({ look: name }) => ({
                    stroke: () => colour(LOOKS[name].colour),
                    width: LOOKS[name].width,
                    dash: LOOKS[name].dash,
                    points: {
                        show: name === "dots" || (plot.marks !== null && name === "actual"),
                        size: 7,
                        width: 0,
                        fill: () => colour(LOOKS[name].colour),
                    },
                    paths: name === "dots" ? () => null : undefined,
                })),
            ],
            cursor: { show: false },
            legend: { show: false },
        },
        plot.columns,
        place,
    )
    u.ctx.canvas.setAttribute("role", "img")
    u.ctx.canvas.setAttribute("aria-label", plot.alternative)
    new ResizeObserver(
        () =>
            place.clientWidth > 0 &&
            place.clientWidth !== u.width &&
            u.setSize({ width: place.clientWidth, height: HEIGHT }),
    ).observe(place)
    return u
})
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const u of drawn) u.redraw(false, true)
})
