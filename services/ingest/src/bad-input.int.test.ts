import { type DeadReason, type Frame, formatTime, MAX_FRAME_MESSAGE_BYTES, newId, nowMicros } from '@webmacs/contracts'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { type Site, startSite } from './ingest-site.fixture.ts'

const DAY = 86_400_000_000

test('dead-letters a message that is no frame, with its text and the reason, and goes on', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  await site.startWriter()
  const broken = ['', 'no json', 'null', '7', '[]', '[3]', '{"source":"lab-1"}', `${'['.repeat(5000)}`]
  for (const text of broken) await site.publishRaw(text)
  await site.publishRaw(new Uint8Array([0xff, 0xfe, 0x00]))
  await site.publish({ ...aFrame(), time: 'yesterday' })
  await site.publish(aFrame({ values: valuesOf([[event, 1]]) }))
  await site.untilAcked()
  const letters = await site.deadLetters()
  expect(letters.map(({ reason }) => reason)).toEqual(Array(broken.length + 2).fill('malformed' satisfies DeadReason))
  expect(letters[1]).toMatchObject({ raw: 'no json', detail: 'the message is no JSON', stream_seq: 2 })
  expect(letters[6]).toMatchObject({ frame: { source: 'lab-1' }, detail: expect.stringContaining('frame.epoch') })
  expect(letters.at(-1)?.detail).toContain('frame.time')
  expect(await site.rowsOf(event)).toHaveLength(1)
})

test('dead-letters a message that is too large, cut so that the letter fits', async () => {
  await using site = await startSite()
  await site.startWriter()
  await site.publishRaw('\u0001'.repeat(MAX_FRAME_MESSAGE_BYTES + 1))
  await site.untilAcked()
  const [letter] = await site.deadLetters()
  expect(letter).toMatchObject({ reason: 'oversized' })
  expect(letter?.raw?.length).toBe(100_000)
})

test('stores the rest of a frame of which some values cannot be stored, and counts the frame as dealt with', async () => {
  await using site = await startSite()
  const [good, infinite, nothing, odd] = (await site.addEvents(4)) as [never, never, never, never]
  const stranger = newId('evt')
  await site.startWriter()
  const frame = aFrame({ source: 'mixed', seq: 1 })
  const values = `{"${good}":1,"${infinite}":1e999,"${nothing}":null,"${odd}":4,"${stranger}":5}`
  await site.publishRaw(
    JSON.stringify({ ...frame, values: {}, quality: { [odd]: ['strange'] } }).replace('{}', values),
    'mixed',
  )
  await site.untilAcked()
  expect(await site.rowsOf(good)).toHaveLength(1)
  expect(await site.countRows()).toBe(1)
  const letters = await site.deadLetters()
  const [invalid, unknown] = letters
  expect(letters.map(({ reason }) => reason)).toEqual(['invalid_value', 'unknown_event'])
  expect(invalid?.detail).toContain(`frame.values.${infinite} must be a finite number`)
  expect(invalid?.detail).toContain(`frame.values.${nothing} may be null only where the quality is bad`)
  expect(invalid?.detail).toContain(`frame.quality.${odd}.0 must be a quality class or reason`)
  expect(unknown?.frame).toMatchObject({ source: 'mixed', seq: 1, time: frame.time, values: { [stranger]: 5 } })
  await until('the watermark counts the frame', () => site.watermarks().some(({ watermark }) => watermark === 1))
})

test('dead-letters frames with impossible times', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  await site.startWriter({ RETENTION_DAYS: '30' })
  const times = [nowMicros() - 31 * DAY, nowMicros() + 1.1 * DAY, nowMicros() - 29 * DAY]
  await site.publish(
    times.map((time) => aFrame({ time: formatTime(Math.round(time)), values: valuesOf([[event, 1]]) })),
  )
  await site.untilAcked()
  expect((await site.deadLetters()).map(({ reason }) => reason)).toEqual(['impossible_time', 'impossible_time'])
  expect(await site.rowsOf(event)).toHaveLength(1)
})

test('knows an event that was made after the writer had started', async () => {
  await using site = await startSite()
  await site.startWriter()
  const [event] = (await site.addEvents(1)) as [never]
  await site.publish(aFrame({ values: valuesOf([[event, 1]]) }))
  await site.untilAcked()
  expect(await site.rowsOf(event)).toHaveLength(1)
  expect(await site.deadLetters()).toEqual([])
})

test('stores values at the end of the number range, twice in a minute', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  await site.startWriter()
  for (let count = 0; count < 3; count += 1) {
    await site.publish(aFrame({ values: valuesOf([[event, Number.MAX_VALUE]]) }))
    await site.untilAcked()
  }
  expect(await site.rowsOf(event)).toHaveLength(3)
})

test('refuses a frame that came under the name of another source, and counts nothing for the one it names', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  await site.startWriter()
  const values = valuesOf([[event, 1]])
  await site.publishRaw(JSON.stringify(aFrame({ source: 'victim', values })), 'intruder')
  await site.publishRaw(JSON.stringify({ ...aFrame({ source: 'victim', values }), time: 'yesterday' }), 'intruder')
  await site.publish(aFrame({ source: 'honest', values }))
  await site.untilAcked()
  const letters = await site.deadLetters()
  expect(letters.map(({ reason }) => reason)).toEqual(['malformed', 'malformed'])
  expect(letters[0]?.detail).toBe('frame.source must be the last token of the subject: "intruder", not "victim"')
  expect(await site.rowsOf(event)).toHaveLength(1)
  const sources = await site.db.selectFrom('reading_sources').select('source').execute()
  expect(sources).toEqual([{ source: 'honest' }])
})

test('writes a dead letter for each broken frame of a message', async () => {
  await using site = await startSite()
  await site.startWriter()
  await site.publishRaw('[3, {"source":"lab-1"}, 4, {"source":"lab-1"}, null]')
  const seq = 7
  await site.publish([aFrame({ epoch: 'e1', seq }), aFrame({ epoch: 'e2', seq })])
  await site.untilAcked()
  const letters = await site.deadLetters()
  expect(letters.filter(({ reason }) => reason === 'malformed')).toHaveLength(5)
  expect(letters.filter(({ reason }) => reason === 'unknown_event')).toHaveLength(2)
})

test('counts the frames of a message that is too large as dealt with, so that their source goes on', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  await site.startWriter()
  const frame = (seq: number) => aFrame({ source: 'big', epoch: 'e1', seq, values: valuesOf([[event, seq]]) })
  await site.publish([frame(1), { ...frame(2), padding: 'x'.repeat(MAX_FRAME_MESSAGE_BYTES) } as Frame])
  await site.publish(frame(3))
  await until('the watermark passes it', () => site.watermarks().some(({ watermark }) => watermark === 3))
  expect((await site.deadLetters()).map(({ reason }) => reason)).toEqual(['oversized'])
  expect((await site.rowsOf(event)).map(({ value }) => value)).toEqual([3])
})

test('dead-letters the one message that the database refuses, and stores all the others', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  await refuseValue(site, 13)
  const start = nowMicros()
  const frame = (seq: number) =>
    aFrame({ source: 'p', epoch: 'e1', seq, time: formatTime(start + seq), values: valuesOf([[event, seq]]) })
  for (let seq = 1; seq <= 20; seq += 1) await site.publish(frame(seq))
  await site.startWriter()
  await site.untilAcked(20_000)
  const values = (await site.rowsOf(event)).map(({ value }) => value)
  expect(values).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20])
  const letters = await site.deadLetters()
  expect(letters).toMatchObject([{ reason: 'unstorable', detail: 'value 13 is refused', stream_seq: 13 }])
  expect(JSON.parse(letters[0]?.raw ?? '')).toMatchObject({ source: 'p', seq: 13, values: { [event]: 13 } })
  expect(await site.wrongRollups()).toEqual([])
  await until('the watermark passes it', () => site.watermarks().some(({ watermark }) => watermark === 20))
})

test('gives no message up for what is wrong with the database itself', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  await sql`ALTER TABLE datapoints RENAME TO elsewhere`.execute(site.db)
  const writer = await site.startWriter()
  for (let seq = 1; seq <= 4; seq += 1) await site.publish(aFrame({ values: valuesOf([[event, seq]]) }))
  const failures = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${writer.ports.ops}/metrics`)).text()
    return Number(/ingest_retries_total\{[^}]*reason="failed"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0)
  }
  await until('it has tried often', async () => (await failures()) >= 6, { timeoutMs: 25_000 })
  expect(await site.deadLetters()).toEqual([])
  await sql`ALTER TABLE elsewhere RENAME TO datapoints`.execute(site.db)
  await site.untilAcked(20_000)
  expect(await site.rowsOf(event)).toHaveLength(4)
})

/** Makes the database refuse one value, as a constraint that nobody thought of would. */
async function refuseValue({ db }: Site, value: number): Promise<void> {
  await sql`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'value % is refused', NEW.value; END $$`.execute(db)
  await sql`CREATE TRIGGER refuse BEFORE INSERT ON datapoints FOR EACH ROW
    WHEN (NEW.value = ${sql.lit(value)}) EXECUTE FUNCTION refuse()`.execute(db)
}
