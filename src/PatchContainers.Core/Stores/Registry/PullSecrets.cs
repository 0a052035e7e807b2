namespace PatchContainers.Stores.Registry;

/// <summary>
/// The credentials that workloads pull their images with, as a platform's inventory finds them. They go to the registries that they are for,
/// after those that the command names and those of <c>docker login</c>. Safe from several threads.
/// </summary>
public sealed class PullSecrets
{
    private readonly object _gate = new();
    private readonly Dictionary<string, RegistryCredential> _credentials = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds a secret's logins; of several for one registry or repository, the first stays.</summary>
    /// <param name="source">The secret's name, for messages.</param>
    /// <param name="content">Docker's <c>config.json</c>, or with <paramref name="isLegacy"/> its <c>.dockercfg</c>.</param>
    /// <param name="isLegacy">Whether the logins stand at the document's root.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is not that; nothing of it is quoted.</exception>
    public void Add(string source, ReadOnlyMemory<byte> content, bool isLegacy)
    {
        var found = LoginFiles.ParseLogins(source, content, isLegacy);
        lock (_gate)
        {
            foreach (var (key, credential) in found)
            {
                _credentials.TryAdd(key, credential);
            }
        }
    }

    /// <summary>The registries and repositories that there are credentials for.</summary>
    public IReadOnlyList<string> Registries
    {
        get
        {
            lock (_gate)
            {
                return _credentials.Keys.ToArray();
            }
        }
    }

    internal RegistryCredential? Find(string registry, string repository)
    {
        lock (_gate)
        {
            foreach (var key in LoginFiles.Keys(registry, repository))
            {
                if (_credentials.TryGetValue(key, out var credential))
                {
                    return credential;
                }
            }

            return null;
        }
    }
}
