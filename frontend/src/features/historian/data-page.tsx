import { Stack, Tabs } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { PageHeader } from '../../components/page-header.tsx'
import { usePageTitle } from '../../lib/use-page-title.ts'
import { useMay } from '../auth/use-may.ts'
import { DatapointsTab } from '../datapoints/datapoints-tab.tsx'
import { ExportList } from '../exports/export-list.tsx'
import { type DataTab, dataSearch } from './data-search.ts'
import { DeletionsTab } from './deletions-tab.tsx'
import { HoldingsSection } from './holdings-section.tsx'
import { MaintenanceList } from './maintenance-list.tsx'
import { RetentionSection } from './retention-section.tsx'

const route = getRouteApi('/signed-in/data')

/** What the historian holds, and what becomes of it. */
export function DataPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const mayDelete = useMay('POST /api/v1/datapoints/deletions')
  usePageTitle('Data')
  const tabs: { value: DataTab; label: string }[] = [
    { value: 'stored', label: 'Stored' },
    { value: 'datapoints', label: 'Datapoints' },
    { value: 'exports', label: 'Exports' },
    ...(mayDelete ? [{ value: 'deletions', label: 'Deletions' } as const] : []),
    { value: 'maintenance', label: 'Maintenance' },
  ]
  const tab = search.tab ?? 'stored'
  return (
    <Stack gap="lg">
      <PageHeader title="Data" description="What is stored, how long it is kept, and what was exported or deleted." />
      <Tabs value={tab} onChange={(value) => void navigate({ search: dataSearch({ tab: value }) })} keepMounted={false}>
        <Tabs.List mb="md">
          {tabs.map(({ value, label }) => (
            <Tabs.Tab key={value} value={value}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="stored">
          <Stack gap="lg">
            <HoldingsSection />
            <RetentionSection />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="datapoints">
          <DatapointsTab search={search} onSearch={(next) => void navigate({ search: dataSearch({ ...next }) })} />
        </Tabs.Panel>
        <Tabs.Panel value="exports">
          <Stack gap="md">
            <ExportList />
          </Stack>
        </Tabs.Panel>
        {mayDelete && (
          <Tabs.Panel value="deletions">
            <DeletionsTab />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="maintenance">
          <Stack gap="md">
            <MaintenanceList />
          </Stack>
        </Tabs.Panel>
      </Tabs>
    </Stack>
  )
}
