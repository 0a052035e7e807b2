using System.Collections;
using System.Management.Automation;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;

namespace PatchContainers.PowerShell;

/// <summary>Makes the services from the parameters that the cmdlets share. The wiring itself is Core's.</summary>
internal static class CompositionRoot
{
    /// <summary>Makes the services of a cmdlet.</summary>
    /// <exception cref="PatchException">A parameter or the settings file cannot be used.</exception>
    public static PatchServices Create(PatchCmdlet cmdlet, IProgress<PatchNotice> notices)
    {
        var store = cmdlet as StoreCmdlet;
        return Create(cmdlet.StatePath, cmdlet.StateStore, cmdlet.SettingsPath, cmdlet.FullPath, new ImageStoreOptions
        {
            RegistryMap = ReadMap(store?.RegistryMap, cmdlet.FullPath),
            Credentials = Read(
                store?.RegistryCredential,
                nameof(StoreCmdlet.RegistryCredential),
                "a PSCredential, as Get-Credential gives it",
                value => value is PSCredential credential
                    ? new RegistryCredential(credential.UserName, credential.GetNetworkCredential().Password)
                    : null),
            InsecureRegistries = store?.InsecureRegistry ?? [],
            Notices = notices,
        });
    }

    /// <summary>Makes the services for completing a word, from the parameters that were typed before. They have no credentials.</summary>
    /// <exception cref="PatchException">A parameter or the settings file cannot be used.</exception>
    public static PatchServices Create(IDictionary parameters, Func<string, string> fullPath) =>
        Create(parameters[nameof(PatchCmdlet.StatePath)] as string, parameters[nameof(PatchCmdlet.StateStore)] as string,
            parameters[nameof(PatchCmdlet.SettingsPath)] as string, fullPath, new ImageStoreOptions
        {
            RegistryMap = ReadMap(parameters[nameof(StoreCmdlet.RegistryMap)] as Hashtable, fullPath),
        });

    private static PatchServices Create(string? statePath, string? stateStore, string? settingsPath, Func<string, string> fullPath,
        ImageStoreOptions stores)
    {
        // A relative folder is one of the shell's location, which is not the process's.
        statePath ??= Environment.GetEnvironmentVariable(PatchState.HomeVariable);
        return new(new PatchServicesOptions
        {
            State = new PatchState(string.IsNullOrEmpty(statePath) ? null : fullPath(statePath)),
            StateStore = stateStore,
            SettingsFile = string.IsNullOrEmpty(settingsPath) ? null : fullPath(settingsPath),
            Stores = stores,
            Platforms = static () => PlatformsLoadContext.Provider,
        });
    }

    private static Dictionary<string, string> ReadMap(Hashtable? map, Func<string, string> fullPath) => Read(
        map,
        nameof(StoreCmdlet.RegistryMap),
        "text, 'oci:DIR'",
        value => value switch
        {
            string text when text.StartsWith("oci:", StringComparison.Ordinal) && text.Length > 4 => "oci:" + fullPath(text[4..]),
            string text => text,
            _ => null,
        });

    private static Dictionary<string, T> Read<T>(Hashtable? table, string parameter, string form, Func<object?, T?> read)
        where T : class
    {
        var values = new Dictionary<string, T>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry entry in table ?? [])
        {
            var host = entry.Key.ToString()!;
            values[host] = read((entry.Value as PSObject)?.BaseObject ?? entry.Value)
                ?? throw new PatchException(PatchErrorCode.InvalidArgument, host,
                    $"-{parameter} gives for the host '{host}' what is not {form}.");
        }

        return values;
    }
}
