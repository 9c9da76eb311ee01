import { nowMicros } from '@webmacs/contracts'

// The limit: wakes at the whole multiples of an interval and does nothing but note how late it was, until its parent asks for that.
const interval = Number(process.argv[2]) * 1000
const lateMs: number[] = []

function arm(): void {
  const due = (Math.floor(nowMicros() / interval) + 1) * interval
  const wake = (): void => {
    const now = nowMicros()
    if (now < due) return void setTimeout(wake, Math.ceil((due - now) / 1000)) // timers may fire a little early
    lateMs.push((now - due) / 1000)
    arm()
  }
  setTimeout(wake, Math.ceil((due - nowMicros()) / 1000))
}

process.once('SIGTERM', () => process.send?.({ type: 'late', lateMs }, () => process.exit(0)))
arm()
