import { useMutation } from '@tanstack/react-query'
import { isClientError } from '@webmacs/client'
import type { InstanceId, TestPluginInstance } from '@webmacs/contracts'
import { useState } from 'react'
import { useServices } from '../../app/services.ts'
import type { FormField } from '../schema-form/form-model.ts'
import { configText, type DeviceDraft } from './device-draft.ts'
import {
  type DeviceProblems,
  draftProblems,
  hasProblems,
  NO_DEVICE_PROBLEMS,
  serverProblems,
} from './device-problems.ts'

interface DeviceFormOptions {
  readonly pluginId: string
  readonly form: FormField
  readonly initial: DeviceDraft
  /** Whose stored secrets stand where the configuration says `[secret]`. */
  readonly instanceId?: InstanceId
}

/** A device being filled in: the draft, what is wrong with it, and the test of its connection. */
export function useDeviceForm({ pluginId, form, initial, instanceId }: DeviceFormOptions) {
  const { client } = useServices()
  const [draft, setDraft] = useState(initial)
  const [problems, setProblems] = useState<DeviceProblems>(NO_DEVICE_PROBLEMS)
  const request: TestPluginInstance = {
    plugin_id: pluginId,
    config_json: configText(draft.config, form),
    demo_mode: draft.isDemo,
    ...(instanceId === undefined ? {} : { instance_public_id: instanceId }),
  }
  const test = useMutation({
    mutationFn: (body: TestPluginInstance) => client.plugins.test(body, { timeoutMs: TEST_TIMEOUT_MS }),
    onError: (error) => setProblems(serverProblems(error)),
  })
  /** Whether it can be sent. The first field that is wrong gets the focus. */
  const check = (): boolean => {
    const found = draftProblems(draft, form)
    setProblems(found)
    if (hasProblems(found)) focusFirstProblem()
    return !hasProblems(found)
  }
  return {
    draft,
    problems,
    change: (changed: DeviceDraft): void => setDraft(changed),
    check,
    /** Shows what the server said at the fields. */
    refuse: (error: Error): void => {
      setProblems(serverProblems(error))
      focusFirstProblem()
    },
    runTest: (): void => {
      if (check()) test.mutate(request)
    },
    test: {
      result: test.data,
      error: untoldError(test.error),
      isPending: test.isPending,
      isOutdated: test.variables !== undefined && JSON.stringify(test.variables) !== JSON.stringify(request),
    },
  }
}

/** A device that does not answer takes its time to be given up. */
const TEST_TIMEOUT_MS = 60_000

/** Whether a failure is told at the fields, and so needs no box of its own. */
const isFieldError = (error: unknown): boolean =>
  isClientError(error) && (error.errors.length > 0 || error.code === 'plugin.exists')

/** The failure, where it is told nowhere else. */
export const untoldError = (error: Error | null): Error | null => (isFieldError(error) ? null : error)

function focusFirstProblem(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('main [aria-invalid="true"]')?.focus())
}
