using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>A part of a list. All pages of a list are of one version.</summary>
/// <param name="Items">The objects. They do not repeat their <c>kind</c> and <c>apiVersion</c>.</param>
/// <param name="ResourceVersion">The list's version; a watch from here misses nothing.</param>
/// <param name="IsRestart">Whether the list began anew with this page, since the server forgot the version of the pages before: those do
/// not count.</param>
internal sealed record KubernetesListPage(IReadOnlyList<JsonElement> Items, string ResourceVersion, bool IsRestart);
