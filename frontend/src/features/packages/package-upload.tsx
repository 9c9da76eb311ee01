import { Alert, Button, FileButton, Group, Progress, Text } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconPackageImport } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type DragEvent, useRef, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { formatBytes } from '../../lib/format.ts'
import classes from './packages.module.css'
import { uploadPackage } from './upload-package.ts'

interface PackageUploadProps {
  readonly onUploaded: () => void
}

/** Takes a package by drag and drop or by choice of a file, and says why one was refused. */
export function PackageUpload({ onUploaded }: PackageUploadProps) {
  const { session } = useServices()
  const [isOver, setOver] = useState(false)
  const [sent, setSent] = useState(0)
  const abort = useRef<AbortController>(null)
  const upload = useMutation({
    mutationFn: (file: File) => {
      abort.current = new AbortController()
      setSent(0)
      return uploadPackage(file, {
        token: session.token(),
        onProgress: setSent,
        onUnauthorized: session.signOut,
        signal: abort.current.signal,
      })
    },
    onSuccess: onUploaded,
  })
  const take = (file: File | null | undefined): void => {
    if (file !== null && file !== undefined && !upload.isPending) upload.mutate(file)
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    take(event.dataTransfer.files[0])
  }
  const wasEnded = abort.current?.signal.aborted === true
  return (
    <section
      className={classes.drop}
      aria-label="Upload a package"
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Group justify="space-between" gap="sm">
        <Group gap="sm" wrap="nowrap">
          <IconPackageImport size="1.75rem" stroke={1.5} aria-hidden />
          <div>
            <Text fw={600}>Drop a package here</Text>
            <Text fz="sm" c="dimmed">
              The .tgz that “npm pack” makes, up to 50 MB, with its dependencies bundled.
            </Text>
          </div>
        </Group>
        <FileButton onChange={take} accept=".tgz,.tar.gz,application/gzip">
          {(props) => (
            <Button {...props} variant="default" loading={upload.isPending}>
              Choose a file
            </Button>
          )}
        </FileButton>
      </Group>
      {upload.isPending && upload.variables !== undefined && (
        <Group gap="sm" wrap="nowrap">
          <Progress.Root size="lg" flex={1}>
            <Progress.Section value={sent * 100} aria-label={`Upload of ${upload.variables.name}`} />
          </Progress.Root>
          <Text fz="sm" miw="9rem" style={{ fontVariantNumeric: 'tabular-nums' }}>
            {sent < 1 ? `${Math.round(sent * 100)} % of ${formatBytes(upload.variables.size)}` : 'Being looked at …'}
          </Text>
          <Button size="compact-sm" variant="subtle" onClick={() => abort.current?.abort()}>
            Cancel
          </Button>
        </Group>
      )}
      <div role="status">
        {upload.isSuccess && (
          <Alert
            color="green"
            variant="outline"
            icon={<IconCircleCheck aria-hidden />}
            title={`${upload.variables.name} was taken`}
            withCloseButton
            closeButtonLabel="Close"
            onClose={upload.reset}
          >
            {upload.data}
          </Alert>
        )}
      </div>
      {upload.error !== null && !upload.isPending && !wasEnded && (
        <Alert
          color="red"
          variant="light"
          role="alert"
          icon={<IconAlertTriangle aria-hidden />}
          title={`${upload.variables?.name ?? 'The package'} was not taken`}
        >
          {upload.error.message}
        </Alert>
      )}
    </section>
  )
}
