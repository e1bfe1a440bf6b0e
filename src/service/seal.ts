// What makes an act the programmer's own: an HMAC-SHA-256 by the key that pump and programmer share, over which pump it is for, what
// the pump drew at power-on, a counter and the whole act. So none can be made up, changed, repeated, reordered or given to another pump.

/** Sizes in bytes. Half of an HMAC-SHA-256 is kept: 128 bits. Source: RFC 2104, section 5, which allows no less. */
export const KEY_SIZE = 32
export const NONCE_SIZE = 16
export const TAG_SIZE = 16

/** Before the body of an act: counter u32, kind u8. Before the detail of an answer: counter u32, kind u8, outcome u8, reason u8. */
export const ACT_HEADER_SIZE = 5
export const ANSWER_HEADER_SIZE = 7

const ACT_LABEL = "pump act 1"
const ANSWER_LABEL = "pump answer 1"

/** The platform's cryptography. */
export interface Crypto {
    /** HMAC-SHA-256 of these parts one after the other. */
    hmac(key: Buffer, parts: (Buffer | string)[]): Buffer
    /** Bytes that nobody can foresee. */
    random(size: number): Buffer
}

/** The tag of an act, or of an answer, that is `size` bytes long without it. `pumpId` has 16 characters, `nonce` NONCE_SIZE bytes. */
export function tagOf(
    crypto: Crypto,
    key: Buffer,
    answer: boolean,
    pumpId: string,
    nonce: Buffer,
    message: Buffer,
    size: number,
): Buffer {
    return crypto.hmac(key, [answer ? ANSWER_LABEL : ACT_LABEL, pumpId, nonce, message.slice(0, size)])
}

/** True when `message` ends with this tag. It takes the same time wherever they differ. */
export function endsWithTag(message: Buffer, tag: Buffer): boolean {
    const at = message.length - TAG_SIZE
    let differs = 0
    for (let i = 0; i < TAG_SIZE; i++) differs = differs | (message[at + i] ^ tag[i])
    return differs === 0
}

/** Writes the first bytes of `tag` at the end of `message`. */
export function appendTag(message: Buffer, tag: Buffer): void {
    const at = message.length - TAG_SIZE
    for (let i = 0; i < TAG_SIZE; i++) message[at + i] = tag[i]
}
