import { until } from '@webmacs/testing'
import { describe, expect, test } from 'vitest'
import {
  aTimestamp,
  expectCreated,
  expectInvalid,
  expectOneWinner,
  expectProblem,
  expectStatus,
  expectSuccess,
} from './expectations.ts'
import type { ContractSite } from './site.ts'
import { allOf, latestOf, newLinkedEvent, sendValue, startExperiment, untilStored } from './things.ts'

/** http.md §6, but for the export. */
export function experiments(site: ContractSite): void {
  const stopped = async (): Promise<string> => {
    await using experiment = await startExperiment(site)
    return experiment.id
  }

  describe('experiments', () => {
    test('start when they are made, and stop once', async () => {
      const name = site.uniqueName('experiment')
      const id = expectCreated(await site.post('/experiments', { name }, { as: 'operator' }), 'exp')
      const running = expectStatus(await site.get(`/experiments/${id}`, { as: 'viewer' }), 200).json()
      const user_public_id = site.account('operator').id
      expect(running).toMatchObject({ public_id: id, name, started_on: aTimestamp, stopped_on: null, user_public_id })

      expectSuccess(await site.put(`/experiments/${id}/stop`, undefined, { as: 'operator' }), 200)
      const ended = (await site.get(`/experiments/${id}`)).json()
      expect(ended).toEqual({ ...running, stopped_on: aTimestamp })
      expectSuccess(await site.put(`/experiments/${id}/stop/`), 200)
      expect((await site.get(`/experiments/${id}`)).json()).toEqual(ended)
      expect(await allOf(site, '/experiments')).toContainEqual(ended)
    })

    test('write their start and stop into the log', async () => {
      const before = (await site.get('/logging?page_size=1')).json<{ total: number }>().total
      await stopped()
      await until('two entries were written', async () => {
        return (await site.get('/logging?page_size=1')).json<{ total: number }>().total >= before + 2
      })
    })

    test('run one at a time', async () => {
      {
        await using _running = await startExperiment(site)
        const name = site.uniqueName('experiment')
        expectProblem(await site.post('/experiments', { name }), 409, 'experiment.running')
        expect((await allOf(site, '/experiments')).map((experiment) => experiment.name)).not.toContain(name)
      }
      await stopped()
    })

    test('started five at once are one', async () => {
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => site.post('/experiments', { name: site.uniqueName('experiment') })),
      )
      for (const answer of answers) {
        if (answer.status === 201) await site.put(`/experiments/${answer.json().public_id}/stop`)
      }
      expectOneWinner(answers, 'experiment.running')
    })

    test('share no name', async () => {
      const first = await stopped()
      const { name } = (await site.get(`/experiments/${first}`)).json()
      expectProblem(await site.post('/experiments', { name }), 409, 'experiment.exists')
      const second = await stopped()
      expectProblem(await site.put(`/experiments/${second}`, { name }), 409, 'experiment.exists')
    })

    test.each([{}, { name: '' }, { name: 'x'.repeat(256) }, { name: null }, { name: 5 }])(
      'are not made from %j',
      async (body) => {
        expectInvalid(await site.post('/experiments', body), 'body.name')
      },
    )

    test('are renamed, and nothing else', async () => {
      const id = await stopped()
      const before = (await site.get(`/experiments/${id}`)).json()
      const name = site.uniqueName('renamed')
      const body = { name, started_on: '2020-01-01T00:00:00Z', stopped_on: null }
      expectSuccess(await site.put(`/experiments/${id}`, body, { as: 'operator' }), 200)
      expect((await site.get(`/experiments/${id}`)).json()).toEqual({ ...before, name })
      for (const wrong of [null, '', 'x'.repeat(256)]) {
        expectInvalid(await site.put(`/experiments/${id}`, { name: wrong }), 'body.name')
      }
    })

    test('own what comes while they run', async () => {
      const { event } = await newLinkedEvent(site)
      let id: string
      {
        await using experiment = await startExperiment(site)
        id = experiment.id
        await sendValue(site, event, 1)
        expect(await latestOf(site, event)).toMatchObject({ value: 1, experiment_public_id: id })
      }
      await sendValue(site, event, 2)
      expect(await latestOf(site, event)).toMatchObject({ value: 2, experiment_public_id: null })
      const points = await untilStored(site, event, 2)
      expect(points.map((point) => point.experiment_public_id)).toEqual([id, null])
    })

    test('leave their datapoints when they are deleted', async () => {
      const { event } = await newLinkedEvent(site)
      let id: string
      {
        await using experiment = await startExperiment(site)
        id = experiment.id
        await sendValue(site, event, 1)
      }
      await untilStored(site, event, 1)
      expectSuccess(await site.delete(`/experiments/${id}`, { as: 'operator' }), 200)
      expectProblem(await site.get(`/experiments/${id}`), 404, 'experiment.unknown')
      expectProblem(await site.put(`/experiments/${id}/stop`), 404, 'experiment.unknown')
      expectProblem(await site.delete(`/experiments/${id}`), 404, 'experiment.unknown')
      const [point] = await untilStored(site, event, 1)
      expect(point).toMatchObject({ value: 1, experiment_public_id: null })
    })

    test('that run may be deleted, and the next may start', async () => {
      const running = await startExperiment(site)
      expectSuccess(await site.delete(`/experiments/${running.id}`), 200)
      await stopped()
    })
  })
}
