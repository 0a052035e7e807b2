using System.Collections.Concurrent;

namespace PatchContainers.Stores.Registry;

/// <summary>No connection to a host: it refused, was not found, or did not answer in time.</summary>
internal sealed class NoConnectionException(string host, Exception cause) : HttpRequestException(
    cause is OperationCanceledException ? $"No connection in time ({host})" : cause.Message, cause)
{
    /// <summary>The host, with its port.</summary>
    public string Host { get; } = host;
}

/// <summary>A host was not asked, for the fault of a moment ago.</summary>
internal sealed class KnownOutageException(NoConnectionException fault) : HttpRequestException(
    $"not asked again within {RegistryOutages.Duration.TotalSeconds:0} s of the last try: {fault.Message}", fault);

/// <summary>
/// The hosts that could not be connected to a moment ago, however often it was tried. Whoever asks for the next of a thousand images of
/// such a host is told so at once, and does not wait for as many tries again.
/// </summary>
internal sealed class RegistryOutages(TimeProvider time)
{
    /// <summary>For how long a host is not asked again.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (DateTimeOffset Until, NoConnectionException Fault)> _hosts =
        new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is known against asking a host; null where nothing is.</summary>
    public NoConnectionException? Find(string host) =>
        _hosts.TryGetValue(host, out var outage) && outage.Until > time.GetUtcNow() ? outage.Fault : null;

    /// <summary>A host was given up.</summary>
    public void Add(NoConnectionException fault) => _hosts[fault.Host] = (time.GetUtcNow() + Duration, fault);

    /// <summary>A host has answered.</summary>
    public void Remove(string host)
    {
        if (!_hosts.IsEmpty)
        {
            _hosts.TryRemove(host, out _);
        }
    }
}
