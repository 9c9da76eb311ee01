import type { UserSettings } from '@webmacs/contracts'
import { expect, test } from 'vitest'
import { mergeSettings } from './settings.ts'

const settings: UserSettings = { theme: 'dark', time_zone: 'Europe/Berlin' }

test('changes what is named, takes away what is null, and leaves the rest', () => {
  expect(mergeSettings(settings, { theme: null, language: 'de' })).toEqual({
    time_zone: 'Europe/Berlin',
    language: 'de',
  })
  expect(mergeSettings(settings, {})).toEqual(settings)
  expect(mergeSettings(settings, null)).toEqual(settings)
  expect(mergeSettings(settings, undefined)).toEqual(settings)
})

test('keeps nothing that is not a setting', () => {
  const wish = { start_page: '/logs', favourite: 'x' }
  expect(mergeSettings({}, wish)).toEqual({ start_page: '/logs' })
})

test.each(['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires'])('takes the time zone %s', (name) => {
  expect(mergeSettings({}, { time_zone: name })).toEqual({ time_zone: name })
})

test.each(['Mars/Olympus', '+01:00', '-05:00', 'Berlin', ' '])('refuses the time zone %j', (name) => {
  expect(() => mergeSettings({}, { time_zone: name })).toThrow(expect.objectContaining({ code: 'request.invalid' }))
})
