import { newId } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { startSite } from '../testing/site.ts'
import { CommandMemory } from './command-memory.ts'
import { ReportTeller } from './report-teller.ts'
import { safeStateReport } from './safe-state-report.ts'

const aReport = () =>
  safeStateReport({
    controller: 'lab-1',
    instance: newId('plg'),
    channel: 'valve',
    event: null,
    value: 5,
    previous: 40,
    time: 0,
    reason: 'no contact',
  })

test('tells all of them, each once, though it cannot be written down that they were told', async () => {
  await using site = await startSite()
  const told: string[] = []
  site.bus.nc.subscribe(site.bus.names.subjects.commandReports('lab-1'), {
    callback: (_err, message) => void told.push(message.json<{ id: string }>().id),
  })
  await site.bus.nc.flush()
  const memory = new CommandMemory(':memory:')
  const teller = new ReportTeller({ bus: site.bus, controller: 'lab-1', memory, log: { warn: () => undefined } })
  teller.start()
  memory.close() // from now on it takes nothing, as with a full disk
  const reports = [aReport(), aReport()]
  for (const report of reports) teller.tell(report)
  await until('both are told', () => reports.every(({ id }) => told.includes(id)))
  await teller.stop()
  expect(told).toEqual(reports.map(({ id }) => id))
})
