// What is used of DeviceScript's own library for cryptography, whose sources do not pass this project's strict checks.

declare module "@devicescript/crypto" {
    export function hmac(key: Buffer | string, algorithm: "sha256", ...data: (Buffer | string)[]): Buffer
    export function randomBuffer(size: number): Buffer
}
