import { Alert, List, NumberInput, Radio, Stack, Switch, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Section } from '../../components/section.tsx'
import type { FormField } from '../schema-form/form-model.ts'
import { complaintOf } from '../schema-form/scalar-inputs.tsx'
import { SchemaForm } from '../schema-form/schema-form.tsx'
import type { DeviceDraft } from './device-draft.ts'
import type { DeviceProblems } from './device-problems.ts'
import classes from './devices.module.css'

interface DeviceFieldsProps {
  readonly draft: DeviceDraft
  readonly form: FormField
  readonly problems: DeviceProblems
  readonly onChange: (draft: DeviceDraft) => void
}

/** Everything that is set of a device, new or not. */
export function DeviceFields({ draft, form, problems, onChange }: DeviceFieldsProps) {
  const change = (part: Partial<DeviceDraft>): void => onChange({ ...draft, ...part })
  const hasConfig = form.kind !== 'group' || form.members.length > 0
  return (
    <Stack gap="lg">
      <Section title="General">
        <div className={classes.fields}>
          <TextInput
            label="Name"
            required
            maxLength={255}
            value={draft.name}
            error={complaintOf(problems.name)}
            onChange={({ target }) => change({ name: target.value })}
          />
          <NumberInput
            label="Interval (ms)"
            description="How often its channels are sampled"
            inputWrapperOrder={['label', 'input', 'error', 'description']}
            required
            min={10}
            max={3_600_000}
            step={100}
            allowDecimal={false}
            value={draft.intervalMs ?? ''}
            error={complaintOf(problems.interval)}
            onChange={(entered) => change({ intervalMs: typeof entered === 'number' ? entered : undefined })}
          />
        </div>
        <Switch
          label="Demo mode"
          description="Makes values up instead of talking to the device; they are marked as simulated"
          checked={draft.isDemo}
          onChange={({ currentTarget }) => change({ isDemo: currentTarget.checked })}
        />
        <Switch
          label="Enabled"
          description="While it is not, nobody reads or sets its channels"
          checked={draft.isEnabled}
          onChange={({ currentTarget }) => change({ isEnabled: currentTarget.checked })}
        />
        <Radio.Group
          label="Driven by"
          value={draft.drivenBy}
          onChange={(chosen) => change({ drivenBy: chosen === 'external' ? 'external' : 'controller' })}
        >
          <Stack gap="xs" mt="xs">
            <Radio
              value="controller"
              label="A controller of this system"
              description="It reads and sets the channels"
            />
            <Radio
              value="external"
              label="Somebody else"
              description="Like a controller of WebMACS 2, who sends datapoints"
            />
          </Stack>
        </Radio.Group>
      </Section>
      {hasConfig && (
        <Section title="Connection">
          <SchemaForm
            field={form}
            value={draft.config}
            problems={problems.config}
            onChange={(config) => change({ config })}
          />
        </Section>
      )}
      {problems.rest.length > 0 && (
        <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />} role="alert">
          <List size="sm">
            {problems.rest.map((problem) => (
              <List.Item key={problem}>{problem}</List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Stack>
  )
}
