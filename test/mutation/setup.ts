// Properties are tried with fewer cases than in `npm test`: a mutant that needs a hundred of them is not killed by luck.

import fc from "fast-check"

fc.configureGlobal({ numRuns: 10 })
