/** `npm run docs`: writes what is generated into the documents. */
import { writeProtocolDocument } from './protocol-document.js';

writeProtocolDocument();
