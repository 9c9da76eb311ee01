import { busNames } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { NATS_USERS, natsConfiguration, permissionsOf } from './permissions.ts'

const names = busNames()

test('lets only controllers publish readings', () => {
  const publishers = NATS_USERS.filter((user) =>
    permissionsOf(user, names).publish.some((subject) => subject.startsWith('webmacs.readings')),
  )
  expect(publishers).toEqual(['controller'])
})

test('lets api alone answer what sockets ask, and fanout alone ask it', () => {
  const { authVerify, telemetry, runningExperiment } = names.subjects
  for (const subject of [authVerify, telemetry, runningExperiment]) {
    expect(NATS_USERS.filter((user) => permissionsOf(user, names).subscribe.includes(subject))).toEqual(['api'])
    expect(NATS_USERS.filter((user) => permissionsOf(user, names).publish.includes(subject))).toEqual(['fanout'])
  }
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
