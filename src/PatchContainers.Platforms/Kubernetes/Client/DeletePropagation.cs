namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>What becomes of the objects that the deleted one owns.</summary>
internal enum DeletePropagation
{
    /// <summary>They are deleted afterwards.</summary>
    Background,

    /// <summary>They are deleted before.</summary>
    Foreground,

    /// <summary>They stay, without an owner.</summary>
    Orphan,
}
