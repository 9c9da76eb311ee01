import type { CreateEvent, Event, EventId, UpdateEvent } from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'
import { type Listed, listOf } from '../lists.ts'
import {
  type Created,
  create,
  type Deletable,
  deletable,
  publicIdOf,
  type Readable,
  readable,
  type Updatable,
  updatable,
} from './things.ts'

export interface EventsClient extends Listed<Event>, Readable<Event>, Updatable<UpdateEvent>, Deletable {
  create(event: CreateEvent, options?: RequestOptions): Promise<Created<EventId>>
}

export const eventsClient = (http: Http): EventsClient => ({
  ...listOf<Event>(http, '/events', publicIdOf),
  ...readable<Event>(http, '/events'),
  ...updatable<UpdateEvent>(http, '/events'),
  ...deletable(http, '/events'),
  create: (event, options) => create(http, '/events', event, options),
})
