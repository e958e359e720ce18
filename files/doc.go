// Package files keeps the bytes of uploaded files: in a directory ([Disk]) or in
// an S3-compatible bucket ([S3]). Both are [chat.Blobs]; what is known of a file,
// and who may read it, is kept and decided elsewhere. A file is known by its id
// alone: no name that anybody chose becomes a path or a key.
package files
