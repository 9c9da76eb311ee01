import { IconCircleCheck, IconCircleX, IconDiamond, IconPlayerPause } from '@tabler/icons-react'
import type { PluginInstance } from '@webmacs/contracts'
import classes from './signal-section.module.css'

const STATUSES = {
  connected: { text: 'Connected', Icon: IconCircleCheck },
  demo: { text: 'Demo', Icon: IconDiamond },
  error: { text: 'Error', Icon: IconCircleX },
  inactive: { text: 'Inactive', Icon: IconPlayerPause },
} as const satisfies Record<PluginInstance['status'], { text: string; Icon: typeof IconCircleX }>

/** How the plugin instance is, by shape, word and colour. */
export function InstanceBadge({ instance }: { readonly instance: PluginInstance }) {
  const { text, Icon } = STATUSES[instance.status]
  return (
    <span className={classes.badge} data-status={instance.status}>
      <Icon size="1em" stroke={2.25} aria-hidden />
      {instance.enabled ? text : 'Disabled'}
    </span>
  )
}
