using System.Collections;
using System.Management.Automation;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;

namespace PatchContainers.PowerShell;

/// <summary>Makes the services from the parameters that all cmdlets share. The wiring itself is Core's.</summary>
internal static class CompositionRoot
{
    /// <exception cref="PatchException">A parameter or the settings file cannot be used.</exception>
    public static PatchServices Create(PatchCmdlet cmdlet, IProgress<PatchNotice> notices) => new(new PatchServicesOptions
    {
        State = new PatchState(cmdlet.StatePath is { } path ? cmdlet.FullPath(path) : null),
        Stores = (cmdlet is StoreCmdlet store ? StoresOf(store) : new ImageStoreOptions()) with { Notices = notices },
        Platforms = static () => PlatformsLoadContext.Provider,
    });

    private static ImageStoreOptions StoresOf(StoreCmdlet cmdlet) => new()
    {
        RegistryMap = Read(cmdlet.RegistryMap, nameof(cmdlet.RegistryMap), "'oci:DIR'", value => value is string text ? FolderOf(cmdlet, text) : null),
        Credentials = Read(cmdlet.RegistryCredential, nameof(cmdlet.RegistryCredential), "a PSCredential (Get-Credential)", value => value is PSCredential credential
            ? new RegistryCredential(credential.UserName, credential.GetNetworkCredential().Password)
            : null),
        InsecureRegistries = cmdlet.InsecureRegistry ?? [],
    };

    private static string FolderOf(StoreCmdlet cmdlet, string text) =>
        text.StartsWith("oci:", StringComparison.Ordinal) && text.Length > 4 ? "oci:" + cmdlet.FullPath(text[4..]) : text;

    private static Dictionary<string, T> Read<T>(Hashtable? table, string parameter, string form, Func<object?, T?> read)
        where T : class
    {
        var values = new Dictionary<string, T>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry entry in table ?? [])
        {
            var host = entry.Key.ToString()!;
            values[host] = read((entry.Value as PSObject)?.BaseObject ?? entry.Value) ?? throw new PatchException(PatchErrorCode.InvalidArgument, host,
                $"-{parameter} maps the host '{host}' to what is not {form}. Write -{parameter} @{{'{host}' = {form}}}.");
        }

        return values;
    }
}
