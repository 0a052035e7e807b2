using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Scanning.Clair;

/// <summary>What Clair's notifier says of a manifest that was scanned before (<c>notification.schema.json</c>).</summary>
internal sealed record ClairNotification
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The manifest's digest.</summary>
    public required Digest Manifest { get; init; }

    /// <summary>Clair's word for what came about: <c>added</c>, <c>removed</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>The vulnerability, in the package that is named; Clair names the worst alone, where it is set to summarize.</summary>
    public required Finding Vulnerability { get; init; }

    /// <summary>Reads one.</summary>
    /// <param name="notification">The entry.</param>
    /// <param name="cursor">The cursor, for the fault.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it names no manifest.</exception>
    public static ClairNotification Read(JsonElement notification, JsonCursor cursor)
    {
        var (id, manifest) = (notification.Word("id"), notification.Word("manifest"));
        if (!Digest.TryParse(manifest, out var digest))
        {
            throw cursor.Fault($"notification '{id}' names the manifest '{manifest}', which is no digest");
        }

        var vulnerability = notification.At("vulnerability") ?? default;
        return new ClairNotification
        {
            Id = id,
            Manifest = digest,
            Reason = notification.Word("reason"),
            Vulnerability = ClairVulnerability.Read(vulnerability, text => text).Finding with
            {
                Package = vulnerability.Word("package", "name"),
                Version = vulnerability.Word("package", "version"),
                SourcePackage = vulnerability.Word("package", "source", "name"),
            },
        };
    }
}
