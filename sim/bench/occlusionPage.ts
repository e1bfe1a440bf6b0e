// The occlusion study as one HTML file that opens anywhere, without a network: a plot of the time to alarm, and its figures.
// It borrows the report's style sheet and way of standing alone (`sim/report/html.ts`).

import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { LINES, type OcclusionCell, type OcclusionResults, REFERENCE_PA } from "./occlusion"

/** The page as the text of an HTML file. */
export function occlusionPage(results: OcclusionResults): string {
    const { faultFree, cells, seeds } = results
    const reference = `${REFERENCE_PA / 1000} kPa`
    const threshold = (faultFree.lowestPa / 1000).toFixed(1)
    const plots = LINES.map(line => {
        const ofLine = cells.filter(cell => cell.line.name === line.name)
        return {
            id: `plot-${line.name}`,
            columns: [
                ofLine.map(cell => cell.microlitresPerHour),
                ofLine.map(cell => cell.referenceS.median),
                ofLine.map(cell => cell.lowestS.median),
                ofLine.map(cell => cell.slopeS.median),
            ],
            alternative: `${line.name} line: time to the occlusion alarm against flow, both logarithmic, by slope and by thresholds of ${threshold} kPa and ${reference}. The values are in the table below.`,
        }
    })
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Time to occlusion alarm: intrathecal pump</title>
<style>${dependency("uplot/dist/uPlot.min.css")}
${readFileSync(new URL("../report/report.css", import.meta.url), "utf8")}
.panels { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px 20px; margin-top: 20px }
.panels h3 { margin: 0 }
.panels figure { margin: 0 }
.note { margin-top: 12px }
.key > .reference::before { border-top: 2px dashed var(--level) }
.key > .lowest::before { border-top: 2px dotted var(--quiet) }
@media (max-width: 800px) { .panels { grid-template-columns: minmax(0, 1fr); gap: 24px } }</style>
</head>
<body>
<main>
<p class="label">Bench and research pump. Not for patients.</p>
<header>
<h1>Time to occlusion alarm</h1>
<p>By the slope of the line's pressure, beside a threshold of ${reference} on the same traces: with the heart's pulsation, breath, coughs, changes of posture, weather, sensor noise and a plunger that sticks.</p>
<p class="quiet">${faultFree.occlusions === 0 ? "No" : faultFree.occlusions} false occlusion ${faultFree.occlusions === 1 ? "alarm" : "alarms"} in ${faultFree.days} fault-free days. A threshold would have to be over ${threshold} kPa to have none.</p>
</header>
<section>
<div class="key"><span>by slope</span><span class="lowest">at ${threshold} kPa</span><span class="reference">at ${reference}</span></div>
<div class="panels">
${LINES.map(line => `<figure><h3>${line.name}, ${line.microlitresPerKilopascal} µL/kPa</h3><div class="plot" id="plot-${line.name}"></div></figure>`).join("\n")}
</div>
<p class="quiet small note">Time from the occlusion to the alarm against flow in µL/h, median of ${seeds} occlusions each. Both axes are logarithmic, and the same in all three.</p>
</section>
<section>
<h2>All figures</h2>
<div class="scroll"><table>
<thead><tr><th scope="col">Line</th><th scope="col" class="n">µL/h</th><th scope="col" class="n">Slope</th><th scope="col" class="n">Latest</th><th scope="col" class="n">${reference}</th><th scope="col" class="n">${threshold} kPa</th><th scope="col" class="n">Times earlier</th><th scope="col" class="n">Least</th><th scope="col" class="n">Released, µL</th><th scope="col" class="n">At ${reference}</th><th scope="col" class="n">Pulled back</th></tr></thead>
<tbody>
${cells.map(row).join("\n")}
</tbody></table></div>
<p class="quiet small">Slope, latest: median and latest alarm. Times earlier, least: than ${reference}, median and least. Released: what leaves the catheter at most when the occlusion lets go at the alarm, by slope, at ${reference}, and after the pull-back.</p>
<h3>The lines</h3>
<dl class="facts">${LINES.map(line => `<dt>${line.name}, ${line.microlitresPerKilopascal} µL/kPa</dt><dd>${line.standsFor}</dd>`).join("")}</dl>
</section>
</main>
<script type="application/json" id="plotData">${JSON.stringify(plots)}</script>
<script>${dependency("uplot/dist/uPlot.iife.min.js").replaceAll("</script", "<\\/script")}</script>
<script>${PLOT}</script>
</body>
</html>
`
}

function row({ line, microlitresPerHour, ...cell }: OcclusionCell): string {
    const values = [
        String(microlitresPerHour),
        duration(cell.slopeS.median),
        duration(cell.slopeS.worst),
        duration(cell.referenceS.median),
        duration(cell.lowestS.median),
        cell.timesEarlier.median.toFixed(1),
        cell.timesEarlier.worst.toFixed(1),
        cell.slopeReleasedMicrolitres.worst.toFixed(2),
        cell.referenceReleasedMicrolitres.worst.toFixed(2),
        cell.relievedReleasedMicrolitres.worst.toFixed(2),
    ]
    return `<tr><th scope="row">${line.name}</th>${values.map(value => `<td class="n">${value}</td>`).join("")}</tr>`
}

/** Two significant units are enough: 45 s, 3.2 min, 1.1 h. */
function duration(seconds: number): string {
    if (seconds < 100) return `${Math.round(seconds)} s`
    if (seconds < 6000) return `${(seconds / 60).toFixed(1)} min`
    return `${(seconds / 3600).toFixed(1)} h`
}

function dependency(path: string): string {
    return readFileSync(createRequire(import.meta.url).resolve(path), "utf8")
}

/** What draws the plot in the reader's browser; plain JavaScript, inlined as it stands. */
const PLOT = `
const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim()
const times = [10, 60, 600, 3600, 36000]
const words = s => (s < 60 ? s + " s" : s < 3600 ? s / 60 + " min" : s / 3600 + " h")
const look = {
    stroke: () => colour("quiet"),
    font,
    grid: { stroke: () => colour("grid"), width: 1 },
    ticks: { show: false },
    filter: (_u, splits) => splits,
}
const line = (name, width, dash, points) => ({
    stroke: () => colour(name),
    width,
    dash,
    points: { show: points, size: 7, fill: () => colour(name) },
})
const drawn = JSON.parse(document.getElementById("plotData").textContent).map(plot => {
    const place = document.getElementById(plot.id)
    const u = new uPlot(
        {
            width: place.clientWidth,
            height: 360,
            padding: [12, 12, 0, 0],
            scales: { x: { time: false, distr: 3, range: () => [1.6, 1250] }, y: { distr: 3, range: () => [5, 110000] } },
            axes: [
                { ...look, splits: () => plot.columns[0], values: (_u, splits) => splits.map(String), size: 32 },
                { ...look, splits: () => times, values: (_u, splits) => splits.map(words), size: 56 },
            ],
            series: [
                {},
                line("level", 1.5, [7, 4], false),
                line("quiet", 2, [2, 4], false),
                line("actual", 2.5, [], true),
            ],
            cursor: { show: false },
            legend: { show: false },
        },
        plot.columns,
        place,
    )
    u.ctx.canvas.setAttribute("role", "img")
    u.ctx.canvas.setAttribute("aria-label", plot.alternative)
    new ResizeObserver(() => place.clientWidth !== u.width && u.setSize({ width: place.clientWidth, height: 360 })).observe(place)
    return u
})
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach(u => u.redraw(false, true)))
`
