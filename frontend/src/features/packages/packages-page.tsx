import { Stack } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useServices } from '../../app/services.ts'
import { Failure } from '../../components/failure.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { usePageTitle } from '../../lib/use-page-title.ts'
import { useMay } from '../auth/use-may.ts'
import { driversQuery } from '../devices/queries.ts'
import { PackageList, PackageSkeleton } from './package-list.tsx'
import { PackageUpload } from './package-upload.tsx'
import { packagesQuery } from './queries.ts'

/** What brings drivers: those that come with WebMACS, and those that were uploaded. */
export function PackagesPage() {
  const { client } = useServices()
  const queries = useQueryClient()
  const packages = useQuery(packagesQuery(client))
  const mayUpload = useMay('POST /api/v1/plugins/packages/upload')
  const [removals, setRemovals] = useState(0)
  usePageTitle('Plugin packages')
  const onChanged = (): void => {
    void queries.invalidateQueries({ queryKey: packagesQuery(client).queryKey })
    void queries.invalidateQueries({ queryKey: driversQuery(client).queryKey })
  }
  return (
    <Stack gap="lg">
      <PageHeader title="Plugin packages" description="Packages bring the drivers that devices are set up with." />
      {/* What is said of an upload is no longer true once a package is removed. */}
      {mayUpload && <PackageUpload key={removals} onUploaded={onChanged} />}
      {packages.data === undefined && packages.errorUpdateCount > 0 && (
        <Failure
          title="The packages could not be loaded"
          error={packages.error}
          onRetry={() => void packages.refetch()}
        />
      )}
      {packages.data === undefined && packages.errorUpdateCount === 0 && <PackageSkeleton />}
      {packages.data !== undefined && (
        <PackageList
          packages={packages.data}
          onRemoved={() => {
            setRemovals(removals + 1)
            onChanged()
          }}
        />
      )}
    </Stack>
  )
}
