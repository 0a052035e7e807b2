namespace PatchContainers.Scanning;

/// <summary>Where notifications are to be read from.</summary>
public sealed record ImageNotificationSource
{
    /// <summary>What Clair's notifier posted to a webhook: the JSON text itself, or the full path of a file with it.</summary>
    public IReadOnlyList<string> Webhooks { get; init; } = [];

    /// <summary>Ids of sets of notifications, as the notifier knows them.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];

    /// <summary>Files with pages of notifications that somebody fetched.</summary>
    public IReadOnlyList<string> Pages { get; init; } = [];
}
