import { expect, test } from 'vitest'
import { FrameSplitter } from './frame-splitter.ts'

const framing = { by: 'delimiter', delimiter: '\\r\\n', length: 4, pattern: '<[^>]*>' } as const

test('cuts at the delimiter, wherever pieces end', () => {
  const splitter = new FrameSplitter(framing)
  expect(splitter.add('one\r')).toEqual([])
  expect(splitter.add('\ntwo\r\nthr')).toEqual(['one', 'two'])
  expect(splitter.add('ee\r\n')).toEqual(['three'])
})

test('cuts frames of a fixed length', () => {
  const splitter = new FrameSplitter({ ...framing, by: 'length' })
  expect(splitter.add('abcdefg')).toEqual(['abcd'])
  expect(splitter.add('h')).toEqual(['efgh'])
})

test('cuts what matches a pattern and drops what lies between', () => {
  const splitter = new FrameSplitter({ ...framing, by: 'pattern' })
  expect(splitter.add('noise<12>noise<3')).toEqual(['<12>'])
  expect(splitter.add('4>')).toEqual(['<34>'])
})

test('keeps no more than a frame may have, and finds the next one', () => {
  const splitter = new FrameSplitter(framing)
  for (let kilobytes = 0; kilobytes < 200; kilobytes++) splitter.add('x'.repeat(1024))
  splitter.add('\r\n')
  expect(splitter.add('good\r\n')).toEqual(['good'])
})

test('forgets a beginning when it is told to', () => {
  const splitter = new FrameSplitter(framing)
  splitter.add('late ans')
  splitter.clear()
  expect(splitter.add('new\r\n')).toEqual(['new'])
})
