// A Jacdac bus at the other end of the chip's USB cable, as a computer with DeviceScript's tools or the clinician's programmer is one. It
// announces itself twice a second like any device.

import { readFileSync } from "node:fs"
import { JDBridge, JDBus, JDServerServiceProvider } from "jacdac-ts"
import type { RP2040 } from "rp2040js"
import type { VirtualClock } from "../engines/devicescriptVm"
import { servicesFile } from "../engines/firmware"
import { askForFrames } from "../engines/toolsBus"
import { VirtualScheduler } from "../engines/virtualScheduler"
import { UsbHost } from "./usbHost"

/** A chip that has started anew has forgotten that somebody asked for its frames. */
const ASK_MS = 1_000

// Always the same: what is said on the cable, and when, wakes the core, and so another run of the same would not be the same.
const BUS_DEVICE_ID = "2d81c6e0f35a9b74"
const HOST_DEVICE_ID = "5e3f9ad12c6b7048"

export class UsbBus {
    readonly bus: JDBus
    /** Frames that went either way. */
    frames = 0
    private readonly scheduler: VirtualScheduler
    private readonly bridge: CableBridge
    private host: UsbHost | undefined
    private askMs = 0

    constructor(
        private readonly clock: VirtualClock,
        private readonly onText: (byte: number) => void,
    ) {
        this.scheduler = new VirtualScheduler(clock)
        this.bus = new JDBus([], {
            scheduler: this.scheduler,
            deviceId: BUS_DEVICE_ID,
            services: JSON.parse(readFileSync(servicesFile(), "utf8")),
            disableRoleManager: true,
            client: false,
        })
        this.bus.backgroundRefreshRegisters = false
        this.bridge = new CableBridge(frame => {
            this.frames += 1
            if (this.host?.connected) this.host.send(frame)
        })
        this.bridge.bus = this.bus
        this.bus.addServiceProvider(new JDServerServiceProvider("bench", [], { deviceId: HOST_DEVICE_ID }))
    }

    /** The cable is plugged into a chip that starts. */
    plugIn(rp2040: RP2040): void {
        this.host = new UsbHost(
            rp2040,
            frame => {
                this.frames += 1
                this.bridge.receiveFrameOrPacket(frame)
            },
            this.onText,
        )
    }

    /** Does what is due at the other end by now. */
    run(nowMs: number): void {
        this.clock.nowMs = nowMs
        if (this.host?.connected && nowMs >= this.askMs) {
            this.askMs = nowMs + ASK_MS
            void askForFrames(this.bus)
        }
        this.scheduler.run()
    }

    close(): void {
        this.bus.stop()
    }
}

class CableBridge extends JDBridge {
    constructor(private readonly onFrame: (frame: Uint8Array) => void) {
        super("cable", true)
    }

    protected override sendPacket(frame: Uint8Array): void {
        this.onFrame(frame)
    }
}
