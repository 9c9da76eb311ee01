export { type DatapointKey, datapointId, parseDatapointId } from '@webmacs/contracts'
