import { API_INSTANCES, apiSource, busNames } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { NATS_USERS, natsConfiguration, permissionsOf } from './permissions.ts'

const names = busNames()

const publishedReadings = (user: (typeof NATS_USERS)[number]): string[] =>
  permissionsOf(user, names).publish.filter((subject) => /^webmacs\.(readings|backlog)\./.test(subject))

test('lets only controllers and api publish readings', () => {
  expect(NATS_USERS.filter((user) => publishedReadings(user).length > 0)).toEqual(['api', 'controller'])
})

test('lets api publish readings under its own names only, each a whole token', () => {
  const subjects = publishedReadings('api')
  expect(subjects).toHaveLength(2 * API_INSTANCES)
  expect(subjects).toContain(names.subjects.readings(apiSource(0)))
  expect(subjects).toContain(names.subjects.backlog(apiSource(API_INSTANCES - 1)))
  for (const subject of subjects) expect(subject).toMatch(/^webmacs\.(readings|backlog)\.api-\d+$/)
})

test('writes a wildcard only as a whole token: elsewhere it would be a letter', () => {
  for (const user of NATS_USERS) {
    const { publish, subscribe } = permissionsOf(user, names)
    for (const subject of [...publish, ...subscribe]) expect(subject, user).not.toMatch(/[^.][*>]|[*>][^.]/)
  }
})

test('lets api ask how far the writer is, ask it to delete, and answer telemetry', () => {
  const { publish, subscribe } = permissionsOf('api', names)
  expect(publish).toEqual(
    expect.arrayContaining([
      '$JS.API.STREAM.INFO.READINGS',
      '$JS.API.STREAM.MSG.GET.READINGS',
      '$JS.API.CONSUMER.INFO.READINGS.ingest',
      'webmacs.historian.delete',
      'webmacs.historian.work',
    ]),
  )
  expect(publish).not.toContain('webmacs.historian.*')
  expect(subscribe).toEqual(expect.arrayContaining(['webmacs.telemetry', 'webmacs.watermarks.>']))
})

test('lets api alone answer what sockets ask, and fanout alone ask it', () => {
  const { authVerify, telemetry, runningExperiment } = names.subjects
  for (const subject of [authVerify, telemetry, runningExperiment]) {
    expect(NATS_USERS.filter((user) => permissionsOf(user, names).subscribe.includes(subject))).toEqual(['api'])
    expect(NATS_USERS.filter((user) => permissionsOf(user, names).publish.includes(subject))).toEqual(['fanout'])
  }
})

test('lets api alone ask controllers to set outputs, follow what became of that, and say what time it is', () => {
  const { commands, time } = names.subjects
  const asks = (subject: string) => NATS_USERS.filter((user) => permissionsOf(user, names).publish.includes(subject))
  const hears = (subject: string) => NATS_USERS.filter((user) => permissionsOf(user, names).subscribe.includes(subject))
  expect([asks(commands('*')), hears(commands('*'))]).toEqual([['api'], ['controller']])
  expect(asks('$JS.API.CONSUMER.MSG.NEXT.COMMANDS.command-history')).toEqual(['api'])
  expect(asks('$JS.ACK.COMMANDS.command-history.>')).toEqual(['api'])
  expect(asks('webmacs.command-reports.*')).toEqual(['controller'])
  expect([asks(time), hears(time)]).toEqual([['controller'], ['api']])
})

test('lets fanout hear only the changes that concern its sockets', () => {
  const heard = permissionsOf('fanout', names).subscribe.filter((subject) => subject.includes('.changes.'))
  expect(heard).toEqual(['webmacs.changes.user.*', 'webmacs.changes.api_token.*', 'webmacs.changes.experiment.*'])
})

test('lets nobody but the one that provisions do everything', () => {
  const almighty = NATS_USERS.filter((user) => permissionsOf(user, names).publish.includes('>'))
  expect(almighty).toEqual(['provisioner'])
})

test('lets controllers say that they are alive', () => {
  expect(permissionsOf('controller', names).publish).toContain('$KV.controllers.*.alive')
})

test('follows the prefix', () => {
  expect(permissionsOf('fanout', busNames('lab')).subscribe).toContain('lab.readings.>')
})

test('gives every user its own password', () => {
  const passwords = Object.fromEntries(NATS_USERS.map((user) => [user, `secret of ${user}`])) as Record<
    (typeof NATS_USERS)[number],
    string
  >
  const text = natsConfiguration(names, passwords, { maxFileStoreBytes: 1 })
  for (const user of NATS_USERS) expect(text).toContain(`user: "${user}", password: "secret of ${user}"`)
})
