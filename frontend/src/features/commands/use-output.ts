import { newId } from '@webmacs/contracts'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useServices } from '../../app/services.ts'
import { createOutput, type Output, type OutputTarget } from './output.ts'
import { isOpen, type OutputState, phaseOf } from './output-state.ts'

/** A confirmation is news for so long. */
const NEWS_MS = 8000

export interface OutputHandle {
  readonly state: OutputState
  readonly set: (value: number) => void
  readonly dismiss: () => void
}

/** An output that can be set from the page. What ended well is forgotten after a while; a failure stays until it is seen to. */
export function useOutput(target: OutputTarget): OutputHandle {
  const { client } = useServices()
  const [output] = useState<Output>(() =>
    createOutput({ commands: client.commands, target, newId: () => newId('cmd'), now: () => performance.now(), wait }),
  )
  const state = useSyncExternalStore(output.subscribe, output.state)
  useEffect(() => () => output.close(), [output])
  useEffect(() => {
    if (state === undefined || isOpen(state) || phaseOf(state) === 'failed') return
    const timer = setTimeout(output.dismiss, NEWS_MS)
    return () => clearTimeout(timer)
  }, [output, state])
  return { state, set: output.set, dismiss: output.dismiss }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
