// jacdac-ts ships its types where its package exports do not lead; `tsconfig.json` says where that is.
declare module "jacdac-ts" {
    export * from "jacdac-ts-types"
}
