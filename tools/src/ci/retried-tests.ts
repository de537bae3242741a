/** Names the tests that have failed once and passed when they were tried again, so that they are mended. */
import type { Reporter, TestModule } from 'vitest/node'

export class RetriedTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      for (const test of module.children.allTests('passed')) {
        if (test.diagnostic()?.flaky !== true) continue
        const causes = (test.result().errors ?? []).map(({ message }) => message)
        console.log(`Passed only when tried again: ${module.relativeModuleId}: ${test.fullName}`, ...causes)
      }
    }
  }
}
