// The device's own cryptography, as the seal of the programmer's link asks for it.

import { hmac, randomBuffer } from "@devicescript/crypto"
import type { Crypto } from "./seal"

/** HMAC-SHA-256 and random bytes of the runtime. */
export const platformCrypto: Crypto = {
    hmac: (key: Buffer, parts: (Buffer | string)[]) => hmac(key, "sha256", ...parts),
    random: (size: number) => randomBuffer(size),
}
