using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>What a watch says.</summary>
internal enum KubernetesWatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing happened up to this version; the object holds that and no more.</summary>
    Bookmark,

    /// <summary>The version to go on from is too old (HTTP 410): list again, and watch from that list. The watch ends here.</summary>
    Expired,
}

/// <summary>One event.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object as it is after the event, before it for <c>Deleted</c>; undefined for <c>Expired</c>.</param>
/// <param name="ResourceVersion">The version that the watch has come to; empty for <c>Expired</c>.</param>
internal readonly record struct KubernetesWatchEvent(KubernetesWatchEventType Type, JsonElement Object, string ResourceVersion);
