/** What whoever watches the engine is told: calls while they are made, and scans when they have ended. */
import type { CallObserver, CallOrigin } from '../quota/call-observer.js'
import type { ScanRecord } from './scan-record.js'

export type { CallOrigin, TracedPart } from '../quota/call-observer.js'

/** The parts of a statement's way through the engine that take time. */
export type EngineStage = 'plan' | 'fetch'

/** Called while statements run: nothing here may throw, or take long. */
export interface EngineObserver extends CallObserver {
  /** A scan has ended; its rows and bytes are whole. */
  scanned(origin: CallOrigin, record: ScanRecord): void
  /** A statement has left a stage, whether well or not. */
  passed(stage: EngineStage, milliseconds: number): void
}
