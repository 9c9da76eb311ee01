import { useQuery } from '@tanstack/react-query'
import { ACCESS, type AccessKey, mayActAs } from '@webmacs/contracts'
import { useServices } from '../../app/services.ts'
import { meQuery } from './queries.ts'

/** Whether the server would let the user do this, by the table it guards by. False until it is known who that is. */
export function useMay(action: AccessKey): boolean {
  const { client } = useServices()
  const { data: user } = useQuery(meQuery(client))
  const { role } = ACCESS[action]
  return user !== undefined && (role === 'public' || mayActAs(user.role, role))
}
