// Appends leaves to a log of Tessera on the local disk, makes inclusion proofs of some of them and verifies each.
//
//	peer LEAVES PROOFS FOLDER
//
// LEAVES is a file of entries of 32 bytes each, FOLDER is empty. Prints the seconds of each step as JSON.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

const (
	entryBytes = 32
	// Faster than the defaults (256 entries, 4,096 outstanding): whole bundles, and nobody is told to come again.
	batch       = 16384
	batchAge    = 100 * time.Millisecond
	checkpoints = 100 * time.Millisecond
)

type path struct {
	index uint64
	nodes [][]byte
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(file, count, folder string) error {
	ctx := context.Background()
	leaves, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	proofs, err := strconv.ParseUint(count, 10, 64)
	if err != nil {
		return err
	}
	size := uint64(len(leaves) / entryBytes)
	seconds := map[string]float64{}

	began := time.Now()
	log, root, err := filled(ctx, leaves, size, folder)
	if err != nil {
		return err
	}
	seconds["append"] = time.Since(began).Seconds()

	began = time.Now()
	paths, err := proven(ctx, log, size, proofs)
	if err != nil {
		return err
	}
	seconds["prove"] = time.Since(began).Seconds()

	began = time.Now()
	for _, one := range paths {
		leaf := rfc6962.DefaultHasher.HashLeaf(leaves[one.index*entryBytes : (one.index+1)*entryBytes])
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, one.index, size, leaf, one.nodes, root); err != nil {
			return err
		}
	}
	seconds["verify"] = time.Since(began).Seconds()
	return json.NewEncoder(os.Stdout).Encode(seconds)
}

// The log once a checkpoint holds all leaves, and its root.
func filled(ctx context.Context, leaves []byte, size uint64, folder string) (tessera.LogReader, []byte, error) {
	key, _, err := note.GenerateKey(rand.Reader, "gridseal.bench")
	if err != nil {
		return nil, nil, err
	}
	signer, err := note.NewSigner(key)
	if err != nil {
		return nil, nil, err
	}
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return nil, nil, err
	}
	options := tessera.NewAppendOptions().WithCheckpointSigner(signer).WithCheckpointInterval(checkpoints).
		WithBatching(batch, batchAge).WithPushback(uint(size + 1))
	appender, stop, log, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return nil, nil, err
	}
	futures := make([]tessera.IndexFuture, size)
	for n := range futures {
		futures[n] = appender.Add(ctx, tessera.NewEntry(leaves[n*entryBytes:(n+1)*entryBytes]))
	}
	for n, future := range futures {
		if index, err := future(); err != nil || index.Index != uint64(n) {
			return nil, nil, fmt.Errorf("leaf %d has the index %d: %w", n, index.Index, err)
		}
	}
	// Returns once they are in a checkpoint.
	if err := stop(ctx); err != nil {
		return nil, nil, err
	}
	root, err := rootOf(ctx, log, size)
	return log, root, err
}

func rootOf(ctx context.Context, log tessera.LogReader, size uint64) ([]byte, error) {
	raw, err := log.ReadCheckpoint(ctx)
	if err != nil {
		return nil, err
	}
	var origin, root string
	var found uint64
	if _, err := fmt.Sscanf(string(raw), "%s\n%d\n%s\n", &origin, &found, &root); err != nil || found != size {
		return nil, fmt.Errorf("the checkpoint has %d of %d leaves: %w", found, size, err)
	}
	return base64.StdEncoding.DecodeString(root)
}

// Paths of leaves that lie apart, from the tiles on the disk, each read once.
func proven(ctx context.Context, log tessera.LogReader, size, count uint64) ([]path, error) {
	builder, err := client.NewProofBuilder(ctx, size, log.ReadTile)
	if err != nil {
		return nil, err
	}
	paths := make([]path, 0, count)
	for n := range count {
		index := n * size / count
		nodes, err := builder.InclusionProof(ctx, index)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path{index, nodes})
	}
	return paths, nil
}
