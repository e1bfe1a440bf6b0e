// The checks of a run as JUnit XML, which continuous integrations read. The format: https://github.com/testmoapp/junitxml

import type { Check } from "./compare"

/** One suite with a case for each check. @param seconds how long the run took */
export function junitXml(suite: string, checks: readonly Check[], seconds: number): string {
    const failures = checks.filter(({ failure }) => failure !== undefined).length
    const cases = checks.map(({ name, failure }) => {
        const head = `    <testcase classname="${escaped(suite)}" name="${escaped(name)}" time="0"`
        return failure === undefined
            ? `${head}/>`
            : `${head}>\n      <failure message="${escaped(failure)}"/>\n    </testcase>`
    })
    return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="${checks.length}" failures="${failures}" time="${seconds.toFixed(3)}">
  <testsuite name="${escaped(suite)}" tests="${checks.length}" failures="${failures}" time="${seconds.toFixed(3)}">
${cases.join("\n")}
  </testsuite>
</testsuites>
`
}

function escaped(text: string): string {
    return text
        .replace(/&/g, "&amp;")
        .replace(/</g, "&lt;")
        .replace(/>/g, "&gt;")
        .replace(/"/g, "&quot;")
        .replace(/[^\t -\ud7ff\ue000-\ufffd]/g, " ")
}
