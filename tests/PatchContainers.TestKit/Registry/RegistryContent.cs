using System.Collections.Concurrent;
using PatchContainers.Images;
using PatchContainers.TestKit.Images;

namespace PatchContainers.TestKit.Registry;

/// <summary>What a registry holds, in memory.</summary>
public sealed class RegistryContent
{
    private readonly ConcurrentDictionary<string, Repository> _repositories = new(StringComparer.Ordinal);

    /// <summary>The names of all repositories.</summary>
    public IReadOnlyList<string> Repositories => [.. _repositories.Keys.Order(StringComparer.Ordinal)];

    /// <summary>A repository; created by its first use.</summary>
    public Repository this[string name] => _repositories.GetOrAdd(name, _ => new Repository());

    /// <summary>A repository, if it is there.</summary>
    public Repository? Find(string name) => _repositories.GetValueOrDefault(name);

    /// <summary>One repository.</summary>
    public sealed class Repository
    {
        /// <summary>Blobs by digest.</summary>
        public ConcurrentDictionary<Digest, byte[]> Blobs { get; } = new();

        /// <summary>Manifests and indexes by digest.</summary>
        public ConcurrentDictionary<Digest, TestBlob> Manifests { get; } = new();

        /// <summary>Tags.</summary>
        public ConcurrentDictionary<string, Digest> Tags { get; } = new(StringComparer.Ordinal);

        /// <summary>The manifest under a tag or digest.</summary>
        public TestBlob? Manifest(string tagOrDigest) =>
            Digest.TryParse(tagOrDigest, out var digest) || Tags.TryGetValue(tagOrDigest, out digest)
            ? Manifests.GetValueOrDefault(digest)
            : null;
    }
}
