import { expect, test } from 'vitest'
import { RouteMethods } from './route-methods.ts'

const routes = new RouteMethods()
routes.add('/events', ['GET', 'HEAD'])
routes.add('/events', 'POST')
routes.add('/events/:id', 'GET')
routes.add('/', 'GET')

test.each([
  ['/events', ['GET', 'HEAD', 'POST']],
  ['/events/', ['GET', 'HEAD', 'POST']],
  ['/events/evt_1', ['GET']],
  ['/', ['GET']],
  ['/events/evt_1/more', []],
  ['/eventsX', []],
])('%s answers %j', (path, methods) => {
  expect(routes.allowed(path)).toEqual(methods)
})
