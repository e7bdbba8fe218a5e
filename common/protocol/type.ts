/**
 * The builder of schemas: the only importer of typebox. The build makes one file of it and of all that it imports, because
 * typebox comes in some four hundred, which took two thirds of the start-up time of every process that names a type.
 */
export { type Static, type TObject, type TSchema, Type } from 'typebox';
