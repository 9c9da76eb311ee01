import { IconCircleCheck, IconCircleX, IconDiamond, IconExternalLink, IconPlayerPause } from '@tabler/icons-react'
import type { PluginInstance } from '@webmacs/contracts'
import classes from './signal-section.module.css'

const STATUSES = {
  connected: { text: 'Connected', Icon: IconCircleCheck },
  demo: { text: 'Demo', Icon: IconDiamond },
  error: { text: 'Error', Icon: IconCircleX },
  inactive: { text: 'Inactive', Icon: IconPlayerPause },
} as const satisfies Record<PluginInstance['status'], { text: string; Icon: typeof IconCircleX }>

const DISABLED = { text: 'Disabled', Icon: IconPlayerPause }
const EXTERNAL = { text: 'Driven externally', Icon: IconExternalLink }

/** How the plugin instance is, by shape, word and colour. */
export function InstanceBadge({ instance }: { readonly instance: PluginInstance }) {
  const { status, enabled, driven_by } = instance
  const { text, Icon } = !enabled ? DISABLED : driven_by === 'external' ? EXTERNAL : STATUSES[status]
  return (
    <span className={classes.badge} data-status={enabled && driven_by === 'controller' ? status : undefined}>
      <Icon size="1em" stroke={2.25} aria-hidden />
      {text}
    </span>
  )
}
