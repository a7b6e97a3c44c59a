import { Interface } from 'ethers';

/** What is used of `KeystoneForwarder 1.0.0`. Errors that are not listed could not be named. */
export const FORWARDER = new Interface([
  'function report(address receiver, bytes rawReport, bytes reportContext, bytes[] signatures)',
  'function getTransmissionInfo(address receiver, bytes32 workflowExecutionId, bytes2 reportId) view returns ' +
    '(tuple(bytes32 transmissionId, uint8 state, address transmitter, bool invalidReceiver, bool success, uint80 gasLimit) info)',
  'event ReportProcessed(address indexed receiver, bytes32 indexed workflowExecutionId, bytes2 indexed reportId, bool result)',
  'error AlreadyAttempted(bytes32 transmissionId)',
  'error DuplicateSigner(address signer)',
  'error InsufficientGasForRouting(bytes32 transmissionId)',
  'error InvalidConfig(uint64 configId)',
  'error InvalidReport()',
  'error InvalidSignature(bytes signature)',
  'error InvalidSignatureCount(uint256 expected, uint256 received)',
  'error InvalidSigner(address signer)',
  'error UnauthorizedForwarder()',
]);

/** What is used of `DataFeedsCache 1.0.0`. */
export const CACHE = new Interface([
  'function getLatestRoundData(bytes16 dataId) view returns ' +
    '(uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)',
  'event DecimalReportUpdated(bytes16 indexed dataId, uint256 indexed roundId, uint256 indexed timestamp, uint224 answer)',
  'event StaleDecimalReport(bytes16 indexed dataId, uint256 reportTimestamp, uint256 latestTimestamp)',
  'event InvalidUpdatePermission(bytes16 indexed dataId, address sender, address workflowOwner, bytes10 workflowName)',
  'error InvalidDataId()',
]);
